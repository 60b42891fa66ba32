/** What the shells of a session run: the runner, and a script for each command. */
import { join } from 'node:path';

/**
 * The runner. It reads the nonce, says that it is ready, then reads the path of each command's script, and reports the
 * exit status, all between NUL and newline. Commands neither see its input nor inherit a variable from it. The watchdog ends the whole group when the
 * cloud dies: its pipe closes then, also after kill -9 (bubblewrap has --die-with-parent as well). With further
 * arguments it starts these at once, with descriptor 4, and `ready` in place of a script stands for their end.
 * @param lastly what the watchdog becomes
 * @param relay the way out of the sandbox; it writes a line when it is there
 */
export const runner = (lastly: string, relay: string | undefined): string => `
exec 2>&1
shell=$1
shift
( read -r _ <&3; ${lastly} ) </dev/null >/dev/null 2>&1 &
exec 3<&-
if [ $# -gt 0 ]; then "$@" </dev/null & ready=$!; fi
exec 4<&-
${relay === undefined ? '' : `( ${relay} </dev/null 2>/dev/null & ) | read -r _`}
IFS= read -r nonce
printf '\\000%s ready\\n' "$nonce"
while IFS= read -r script; do
  if [ "$script" = ready ]; then wait "$ready"; else "$shell" "$script" </dev/null; fi
  printf '\\000%s %s\\n' "$nonce" "$?"
done
`;

/** Takes the state over, leaves it behind at the end, however the command ends. */
export function commandScript(state: string, command: string, succeeding: boolean): string {
  const env = quote(join(state, 'env'));
  const folder = quote(join(state, 'folder'));
  return [
    `. ${env}`,
    `export CODEBUILD_BUILD_SUCCEEDING=${succeeding ? 1 : 0}`,
    `IFS= read -r __codebuild_folder < ${folder}; cd "$__codebuild_folder"; unset __codebuild_folder`,
    `trap '__codebuild_status=$?; export -p > ${nested(env)}; printf "%s\\n" "$PWD" > ${nested(folder)}; exit $__codebuild_status' EXIT`,
    command,
    '',
  ].join('\n');
}

/** The file of variables before the first command. */
export function exports(environment: Readonly<Record<string, string>>): string {
  const names = Object.entries(environment).filter(([name]) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
  return names.map(([name, value]) => `export ${name}=${quote(value)}\n`).join('');
}

/** One word for the shell, whatever the text holds. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A quoted word within single quotes. */
function nested(word: string): string {
  return word.replaceAll("'", "'\\''");
}
