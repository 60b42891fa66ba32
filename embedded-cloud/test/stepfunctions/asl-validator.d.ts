/** The package names a file of types that it does not have. */
declare module 'asl-validator' {
  export default function validate(definition: unknown): { isValid: boolean; errorsText(): string };
}
