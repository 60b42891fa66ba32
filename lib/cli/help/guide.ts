/** The output of `staithe` without arguments: the first commands, and the server in use. */
import { findConnection } from '../connection/find.ts';
import { asTyped } from '../paths/program.ts';
import { bold } from '../terminal/style.ts';

function serverLine(): readonly [line: string, next: string] {
  try {
    const { url, token } = findConnection(undefined);
    return token === undefined
      ? [`Server: ${url} (no token)`, `staithe login --url ${url}`]
      : [`Server: ${url}`, 'staithe status'];
  } catch {
    return [
      'No server is configured. Start one on this machine, or log in to one with `staithe login --url <url>`.',
      'staithe start',
    ];
  }
}

export function guide(): string {
  const [line, next] = serverLine();
  return asTyped(`Staithe builds your sources, creates immutable releases and deploys them.

  ${bold(asTyped('staithe project create hello'))}
  ${bold(asTyped('staithe build create --project hello --dir . --follow'))}
  ${bold(asTyped('staithe release create --build <build> --version 0.1.0'))}
  ${bold(asTyped('staithe environment set test --project hello --function hello-test'))}
  ${bold(asTyped('staithe deploy test --project hello --release 0.1.0 --follow'))}

All commands: staithe --help

${line}
next: ${next}
`);
}
