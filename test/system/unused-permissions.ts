/** Permissions that the template grants and no system test needs, each with the reason why it stays. */

export interface Exception {
  /** Of the role, as it begins after the stack's name. */
  readonly role: RegExp;
  readonly action: RegExp;
  readonly reason: string;
}

export const EXCEPTIONS: readonly Exception[] = [];
