/** What is masked in the log of a function, whoever reads it. */
import { MASK, Masker } from '../mask/index.ts';

/** Words of names, of which the last tells what the value is: a `KEY_PREFIX` is a prefix, an `AUTH_ENABLED` a switch. */
const WORD =
  'SECRET|TOKEN|KEY|PASSWORD|PASSWD|PASS|PWD|PASSPHRASE|CREDENTIAL|AUTH|APIKEY|DSN|PRIVATE|SALT|PAT|JWT|COOKIE|SIGNATURE';
/** What may stand behind it: which of several it is, for what, or how it is written. It is still the same secret. */
const QUALIFIER =
  'V?\\d+|LIVE|LOCAL|STAGE|OLD|NEW|NEXT|PREVIOUS|CURRENT|PRIMARY|SECONDARY|BACKUP|PROD|PRODUCTION|STAGING|TEST|DEV|BASE|VALUE|PEM|BASE64|B64|HEX|JSON|HASH';

/** Names of variables that hold a secret by their own word: `DB_PASSWORD`, `apiToken`, `API_KEYS`, `TOKEN2`, `API_KEY_PROD`. */
const SECRET_NAME = new RegExp(
  `(?:(?:^|_)(?:${WORD})|SECRET|TOKEN|APIKEY|PASSWORD)S?\\d*(?:_(?:${QUALIFIER}))*$`,
  'i',
);

/** Of names that are secrets by their word, those that are known not to be. */
const OPEN_NAME = /(?:^|_)PUBLIC_KEYS?(?:_(?:PEM|BASE64|B64|HEX|JSON|\d+))*$/i;

/** What no secret is: a switch, a count or a time, and a value so short that it stands in every log by chance. */
const OPEN_VALUE =
  /^(?:.{0,4}|false|undefined|enabled|disabled|required|optional|[-+]?(?:\d{1,7}(?:\.\d+)?|\d*\.\d+))$/is;

/**
 * The credentials of the function's role, which a function prints with its environment: whoever has them acts as the
 * function. Their values are nobody's to know here, so they are told by the names that stand before them.
 */
const ROLE_CREDENTIALS =
  /((?:AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|secretAccessKey|sessionToken)\\?["']?\s*[:=]\s*\\?["']?)[^\s'",}\\]{8,}/gi;

/** The values among a function's variables that are secrets: by the variable's name, or as the password in a URL. */
export function secretsAmong(variables: Readonly<Record<string, string>>): string[] {
  return Object.entries(variables).flatMap(([name, value]) => {
    const password = passwordOf(value);
    return [
      ...(isSecret(name, value) ? [value] : []),
      ...(password === undefined ? [] : [password, decoded(password)]),
    ];
  });
}

/** A number of eight digits and more may be a password; counts and times mostly have fewer. */
const isSecret = (name: string, value: string): boolean =>
  SECRET_NAME.test(name) && !OPEN_NAME.test(name) && !OPEN_VALUE.test(value.trim());

function passwordOf(value: string): string | undefined {
  const password = URL.parse(value)?.password;
  return password === '' ? undefined : password;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a password with a percent sign of its own
  }
}

/** Hides the secrets of these variables, in all forms in which builds' logs hide theirs, and the role's credentials. */
export function hiding(
  ...environments: readonly Readonly<Record<string, string>>[]
): (text: string) => string {
  const masker = new Masker();
  masker.add([...new Set(environments.flatMap(secretsAmong))]);
  return (text) => masker.text(text).replace(ROLE_CREDENTIALS, `$1${MASK}`);
}
