/** Where tools of the machine keep what they need to start; a job's own home has none of it. */
import { accessSync, constants } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';

/**
 * Variables that are passed on, with the folder of the machine's home that stands for one that is not set. Folders that
 * tools write into are not among them (`CARGO_HOME`, `GOPATH`, `GRADLE_USER_HOME`): those are the job's own, below its
 * home, and the machine's may hold credentials.
 */
const HOMES: Readonly<Record<string, string | undefined>> = {
  RUSTUP_HOME: '.rustup',
  PYENV_ROOT: '.pyenv',
  RBENV_ROOT: '.rbenv',
  GOENV_ROOT: '.goenv',
  PHPENV_ROOT: '.phpenv',
  NVM_DIR: '.nvm',
  ASDF_DATA_DIR: '.asdf',
  VOLTA_HOME: '.volta',
  SDKMAN_DIR: '.sdkman',
  DOTNET_ROOT: '.dotnet',
  JAVA_HOME: undefined,
  JDK_HOME: undefined,
  JRE_HOME: undefined,
  GOROOT: undefined,
  GOENV_DISABLE_GOPATH: undefined,
  N_PREFIX: undefined,
  MAVEN_HOME: undefined,
  M2_HOME: undefined,
  GRADLE_HOME: undefined,
  ANDROID_HOME: undefined,
  ANDROID_SDK_ROOT: undefined,
  ANDROID_NDK_HOME: undefined,
};
/** `JAVA_21_HOME`: CodeBuild's images name each JDK so. */
const NUMBERED = /^(JAVA|JDK|JRE)_\d+_HOME$/;

/** The homes of whoever runs the agent. */
export function machineHomes(): string[] {
  return [...new Set([process.env.HOME ?? '', accountHome()])].filter((folder) => folder !== '');
}

function accountHome(): string {
  try {
    return userInfo().homedir;
  } catch {
    return ''; // an account that the machine's list does not have
  }
}

export function toolHomes(
  env: NodeJS.ProcessEnv = process.env,
  homes: readonly string[] = machineHomes(),
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(env))
    if (value && (Object.hasOwn(HOMES, name) || NUMBERED.test(name))) found[name] = value;
  for (const [name, folder] of Object.entries(HOMES)) {
    if (folder === undefined || found[name] !== undefined) continue;
    const present = homes.map((home) => join(home, folder)).find(isReadable);
    if (present !== undefined) found[name] = present;
  }
  return found;
}

function isReadable(folder: string): boolean {
  try {
    accessSync(folder, constants.R_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
