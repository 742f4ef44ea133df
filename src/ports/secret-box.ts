/** Keeps secrets out of files. */
export interface SecretBox {
  /** The text in a form that tells nothing to who finds it. */
  seal(text: string): string;
  /** The text again; undefined when it was sealed elsewhere, or damaged. */
  open(sealed: string): string | undefined;
}
