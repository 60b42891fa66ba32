/** The version of the software and of its API document; a test holds it to package.json's. */
export const VERSION = '0.1.0';
