import fc from 'fast-check';

/** What CI runs is the same each time, so that a red run is the fault of the change. Everywhere else properties look further. */
const CI_SEED = 20_261_121;

const { CI, HERALDLB_SEED } = process.env;
const seed = HERALDLB_SEED === undefined ? (CI === undefined ? undefined : CI_SEED) : Number(HERALDLB_SEED);
if (seed !== undefined) fc.configureGlobal({ seed });
