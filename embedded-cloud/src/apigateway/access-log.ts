/**
 * Access log lines: the stage's format with `$context` variables filled in
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html).
 */

export type LogValues = Readonly<Record<string, string | number | undefined>>;

/** Variables without a value show as `-`. */
export function accessLogLine(format: string, values: LogValues): string {
  return format.replace(/\$context\.([a-zA-Z][a-zA-Z0-9_.-]*[a-zA-Z0-9_])/g, (_whole, name: string) => {
    const value = values[name];
    return value === undefined || value === '' ? '-' : escapeText(String(value));
  });
}

/** A value must not break the JSON (or the line) that the format makes. */
function escapeText(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}

/** Name of the log group in `arn:aws:logs:<region>:<account>:log-group:<name>[:*]`. */
export function logGroupOf(arn: string): string {
  return arn.split(':').slice(6).join(':').replace(/:\*$/, '');
}
