/** What is masked in the log of a function, whoever reads it. */
import { MASK, Masker } from '../mask/index.ts';

/** Names of variables that hold a secret by their own word. */
const SECRET_NAME =
  /(?:^|_)(?:SECRETS?|TOKENS?|KEYS?|PASSWORDS?|PASSWD|PASS|PWD|PASSPHRASE|CREDENTIALS?|AUTH|APIKEY|DSN|PRIVATE|SALT|PAT|JWT|COOKIE|SIGNATURE)(?:_|\d|$)|(?:SECRET|TOKEN|APIKEY|PASSWORD)S?$/i;

/** Of names that are secrets by their word, those that are known not to be: they name a key and are none. */
const OPEN_NAME =
  /(?:^|_)(?:PUBLIC_KEY|KEY_ID|KEY_NAME|KEY_ARN|KEY_ALIAS|SECRET_NAME|SECRET_ARN|SECRET_ID|TOKEN_URL|AUTH_URL)$/i;

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
      ...(SECRET_NAME.test(name) && !OPEN_NAME.test(name) ? [value] : []),
      ...(password === undefined ? [] : [password, decoded(password)]),
    ];
  });
}

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
