/** How many hostile frames each decoder is tried with: more where there is time, by MUTATIONS. */
export const MUTATIONS = Number(process.env.MUTATIONS ?? 100_000);
