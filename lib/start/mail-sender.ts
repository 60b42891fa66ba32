/** Who sends the e-mail of a local installation. The embedded SES verifies the reserved name `localhost` by itself. */
export const MAIL_SENDER = 'staithe@localhost';
