/**
 * What SQS takes of a message's own attributes
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html).
 */
import { AwsError } from '../service.ts';
import type { MessageAttributes } from './requests.ts';

const MOST = 10;
/** Characters of a name, and of a type with its custom label. */
const LONGEST = 256;
/** What XML 1.0 can hold (SendMessage reference, "MessageBody"). */
const CONTENTS = /^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]*$/u;
const NUMBER = /^[+-]?(?<whole>\d*)\.?(?<part>\d*)(?:[eE](?<exponent>[+-]?\d+))?$/;
const MOST_DIGITS = 38;

/** @throws AwsError InvalidMessageContents */
export function checkContents(text: string): void {
  if (!CONTENTS.test(text))
    throw new AwsError('InvalidMessageContents', 'The message contains characters outside the allowed set.');
}

/** @throws AwsError InvalidParameterValue, InvalidMessageContents */
export function checkMessageAttributes(attributes: MessageAttributes): void {
  if (Object.keys(attributes).length > MOST)
    throw invalid(`Number of message attributes exceeds the allowed maximum [${MOST}].`);
  for (const [name, attribute] of Object.entries(attributes)) {
    checkName(name);
    checkValue(name, attribute);
  }
}

function checkName(name: string): void {
  if (name.length > LONGEST)
    throw invalid(`Message (user) attribute names can have up to ${LONGEST} characters.`);
  if (!/^[A-Za-z0-9_.-]+$/.test(name))
    throw invalid(
      'Message (user) attribute names can only contain letters, digits, periods, hyphens and underscores.',
    );
  if (/^(aws|amazon)\.|^\.|\.$|\.\./i.test(name))
    throw invalid(
      `The message (user) attribute name ${name} cannot be used: names beginning with 'AWS.' or 'Amazon.' are reserved, and a name cannot start or end with a period or have periods in succession.`,
    );
}

function checkValue(name: string, { DataType, StringValue, BinaryValue }: MessageAttributes[string]): void {
  const [kind = ''] = DataType.split('.', 1);
  if (!/^(String|Number|Binary)(\..+)?$/s.test(DataType) || DataType.length > LONGEST)
    throw invalid(
      `The type of message (user) attribute '${name}' must be prefixed with "String", "Binary" or "Number" and have up to ${LONGEST} characters, but was: ${DataType}.`,
    );
  checkContents(DataType);
  const value = kind === 'Binary' ? BinaryValue : StringValue;
  if (value === undefined || value === '')
    throw invalid(`Message (user) attribute '${name}' must contain a non-empty value of type '${kind}'.`);
  if (kind !== 'Binary') checkContents(value);
  if (kind === 'Number' && !isNumber(value))
    throw invalid(`Can't cast the value of message (user) attribute '${name}' to a number.`);
}

/** Up to 38 digits of precision, and zero or between 10^-128 and 10^126. */
function isNumber(text: string): boolean {
  const { whole = '', part = '', exponent = '0' } = NUMBER.exec(text)?.groups ?? {};
  if (whole + part === '') return false;
  const digits = (whole + part).replace(/^0+/, '');
  if (digits === '') return true;
  // The number is 0.<digits> times ten to this power: 10^-128 has the power -127, and 10^126 has 127.
  const power = Number(exponent) + digits.length - part.length;
  const significant = digits.replace(/0+$/, '');
  return (
    significant.length <= MOST_DIGITS &&
    power >= -127 &&
    (power <= 126 || (power === 127 && significant === '1'))
  );
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterValue', message);
}
