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
    hint: 'Check the address of the repository, and that it is public or its token may read it.',
  },
  manifest_error: {
    meaning: 'The manifest, or what it names in the tree, is not right.',
    hint: 'Correct staithe.yaml at the line in the message.',
  },
  policy_error: {
    meaning: 'The installation does not allow this build.',
    hint: 'Leave out what the message names, or ask the operator of the installation.',
  },
  auth_error: {
    meaning: 'A git host or registry refused the credentials, or got none.',
    hint: "Set the credential with `staithe secret set`, and name it among the service's `secrets`.",
  },
  build_error: {
    meaning:
      'What was built is not right: code, tests, the Dockerfile, what is asked for and does not exist.',
    hint: 'Read the last lines; running the same command in a clean checkout usually shows the same.',
  },
  timeout_error: {
    meaning: 'The job, or a command with its own `timeout`, reached its time limit.',
    hint: "Make the step faster, or raise the service's `timeout` in staithe.yaml.",
  },
  resource_error: {
    meaning: 'The machine ran out of memory, disk, processes or open files.',
    hint: 'Let the build use less, or take a larger machine: `resources.compute: large` in staithe.yaml.',
  },
  registry_error: {
    meaning:
      'A registry of images or packages did not answer, or refused for another reason than the credentials.',
    hint: 'Run the build again; if it keeps happening, check the address and whether builds may reach it.',
  },
  zero_artifacts: {
    meaning: 'The build succeeded, but no file matches `artifacts`.',
    hint: "Change 'artifacts' in staithe.yaml to what the commands write.",
  },
  cancelled: { meaning: 'The run was cancelled by a user.', hint: 'Rerun the build when you need it.' },
  internal_error: {
    meaning: 'Staithe itself, or the machine below it, failed.',
    hint: 'Run the build again. If it fails in the same way, report it with the log.',
  },
};
