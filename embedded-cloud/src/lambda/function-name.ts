/**
 * The ways to name a function: name, partial ARN, full ARN, each with an optional qualifier
 * (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html, parameter FunctionName).
 */
import { AwsError } from '../service.ts';

export interface FunctionName {
  readonly name: string;
  /** Version number or alias; '' when none was given. `$LATEST` stays as it is. */
  readonly qualifier: string;
}

const pattern =
  /^(?:arn:aws[a-zA-Z-]*:lambda:)?(?:[a-z]{2}(?:-gov)?-[a-z]+-\d{1}:)?(?:\d{12}:)?(?:function:)?([a-zA-Z0-9-_]{1,64})(?::(\$LATEST|[a-zA-Z0-9-_]{1,128}))?$/;

/**
 * @param qualifier the separate `Qualifier` parameter; it must not contradict one inside the name
 * @throws ValidationException when the name has none of the forms
 */
export function parseFunctionName(text: string, qualifier?: string): FunctionName {
  const match = pattern.exec(text);
  if (!match?.[1]) {
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value '${text}' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?`,
    );
  }
  const inside = match[2];
  if (inside && qualifier && inside !== qualifier) {
    throw new AwsError(
      'InvalidParameterValueException',
      'The derived qualifier from the function name does not match the specified qualifier.',
    );
  }
  return { name: match[1], qualifier: qualifier || inside || '' };
}
