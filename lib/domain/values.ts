/** Small values that several nouns share, each with the rule that it follows. */
import * as z from 'zod';
import { line, text } from './text.ts';

/** ISO 8601 in UTC with milliseconds, as `Date.toISOString` writes it: sorts as text. */
export const Timestamp = z.iso.datetime().meta({ examples: ['2026-11-21T09:30:00.000Z'] });

/** 64 lower-case hexadecimal digits. */
export const Sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'must be a sha256 in 64 lower-case hex digits')
  .meta({ examples: ['9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'] });

/** A content digest as OCI writes it: the algorithm, a colon, hex (OCI image-spec, descriptor.md#digests). */
export const Digest = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 lower-case hex digits')
  .meta({ examples: ['sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'] });

/** A git commit: SHA-1 (40) or SHA-256 (64) object names. */
export const GitSha = z
  .string()
  .regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/, 'must be a full commit sha of 40 or 64 lower-case hex digits')
  .meta({ examples: ['3f786850e387550fdab836ed7e6dc881de23001b'] });

/** A commit by at least its first digits: 7, as git abbreviates it. */
export const ShortGitSha = z
  .string()
  .regex(/^[0-9a-f]{7,64}$/, 'must be a commit sha, or at least its first 7 lower-case hex digits')
  .meta({ examples: ['3f78685'] });

/** `refs/heads/` and the 255 bytes that GitHub takes as the name of a branch or a tag (its error GH002). */
export const GIT_REF_MAX = 'refs/heads/'.length + 255;

/** A branch or a tag as git writes it (`refs/heads/main`), or as people do (`main`). */
export const GitRef = line(GIT_REF_MAX).meta({ examples: ['refs/heads/main'] });

/** The name of a service, an environment or a project's slug: what DNS labels allow (RFC 1123), so that it fits hosts and paths. */
export const Name = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    'must be 1 to 63 of a-z, 0-9 and -, not beginning or ending with -',
  )
  .meta({ examples: ['hello'] });

/** One cell of a matrix: a value for each of its axes, none where there is no matrix. */
export const MatrixValues = z.record(z.string(), z.string()).meta({ examples: [{ node: '24' }] });

/** `owner/name` of a git repository, in the characters that GitHub allows. */
export const Repository = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,38}\/[A-Za-z0-9._-]{1,100}$/, 'must be owner/name')
  .refine((name) => !/\/\.{1,2}$/.test(name), 'must be owner/name')
  .meta({ examples: ['acme/hello'] });

/**
 * Names of environment variables that a caller may set. Names that steer processes before a command's own code runs
 * are refused: they would let an input take over the agent or a shell.
 */
export const VariableName = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_]{0,127}$/,
    'must begin with a letter or _ and hold only letters, digits and _',
  )
  .refine(
    (name) =>
      !/^(LD_|DYLD_|GIT_|AWS_|CODEBUILD_|STAITHE_)/i.test(name) &&
      !/^(NODE_OPTIONS|BASH_ENV|ENV|IFS|PATH|SHELLOPTS|PROMPT_COMMAND)$/i.test(name),
    'is reserved: it would steer the processes of the build',
  );

/** The name of a secret: an environment variable's, in capitals, as it reaches commands under it. */
export const SecretName = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]{0,63}$/, 'must be 1 to 64 of A-Z, 0-9 and _, beginning with a letter')
  .refine(
    (name) =>
      !/^(LD_|DYLD_|GIT_|AWS_|CODEBUILD_|STAITHE_)/.test(name) &&
      !/^(NODE_OPTIONS|BASH_ENV|ENV|IFS|PATH|SHELLOPTS|PROMPT_COMMAND)$/.test(name),
    'is reserved: it would steer the processes of the build',
  )
  .meta({ examples: ['NPM_TOKEN'] });

/** At most 4 KB of text, the sum of all variables of a Lambda function. */
export const Variables = z
  .record(VariableName, text(4096))
  .refine((all) => JSON.stringify(all).length <= 4096, 'must be at most 4 KB in total');

/** sha256 of bytes that never change identity: the hex digits of a digest. */
export function hexOf(digest: string): string {
  return digest.slice('sha256:'.length);
}
