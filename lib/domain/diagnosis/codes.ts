/** The codes of failures: what each means, and what to do when nothing more exact is known. */
import type { FailureCode } from '../execution/model/run.ts';

export interface CodeEntry {
  readonly meaning: string;
  readonly hint: string;
}

export const FAILURE_CODES: Readonly<Record<FailureCode, CodeEntry>> = {
  source_error: {
    meaning: 'The source could not be fetched or unpacked.',
    hint: 'Upload the source again and build from it.',
  },
  clone_error: {
    meaning: 'A git repository could not be cloned or fetched: the source itself, or a dependency.',
    hint: 'Check the address of the repository, and that it is public or the token may read it.',
  },
  manifest_error: {
    meaning: 'The manifest is not valid, or the source does not contain what it names.',
    hint: 'Correct staithe.yaml at the line in the message.',
  },
  policy_error: {
    meaning: 'The installation does not allow this build.',
    hint: 'Remove what the message names, or ask the operator of the installation.',
  },
  auth_error: {
    meaning: 'A git host or registry refused the credentials, or got none.',
    hint: "Set the credential with `staithe secret set`, and add it to the service's `secrets`.",
  },
  build_error: {
    meaning:
      'The build failed because of what was built: code, tests, the Dockerfile, or a dependency that does not exist.',
    hint: 'Read the last lines. Run the same command in a clean checkout to reproduce the failure.',
  },
  timeout_error: {
    meaning: 'The job, or a command with its own `timeout`, reached its time limit.',
    hint: "Make the step faster, or raise the service's `timeout` in staithe.yaml.",
  },
  resource_error: {
    meaning: 'The machine ran out of memory, disk, processes or open files.',
    hint: 'Make the build use less, or use a larger machine: `resources.compute: large` in staithe.yaml.',
  },
  registry_error: {
    meaning:
      'A registry of images or packages did not answer, or refused a request for a reason other than the credentials.',
    hint: 'Rerun the build; if it keeps happening, check the address and whether builds can reach it.',
  },
  zero_artifacts: {
    meaning: 'The build succeeded, but no file matches `artifacts`.',
    hint: "Change 'artifacts' in staithe.yaml to match the files that the commands write.",
  },
  cancelled: { meaning: 'The run was cancelled by a user.', hint: 'Rerun the build when you need it.' },
  internal_error: {
    meaning: 'Staithe or the build machine failed.',
    hint: 'Rerun the build. If it fails in the same way, report it with the log.',
  },
};
