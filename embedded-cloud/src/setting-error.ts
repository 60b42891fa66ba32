/** An environment variable has a value that the cloud cannot follow. */
export class SettingError extends Error {
  readonly variable: string;
  /** @param expected a sentence that says what to write instead */
  constructor(variable: string, value: string, expected: string) {
    super(`${variable} is '${value}'. ${expected}`);
    this.name = 'SettingError';
    this.variable = variable;
  }
}
