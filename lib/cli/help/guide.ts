/** What `staithe` alone says: where one stands, and the next command. */
import { findConnection } from '../connection/find.ts';
import { asTyped } from '../installation/program.ts';
import { bold } from '../terminal/style.ts';

function whereWeStand(): readonly [line: string, next: string] {
  try {
    const { url, token } = findConnection(undefined);
    return token === undefined
      ? [`The server is ${url}; there is no token for it.`, `staithe login --url ${url}`]
      : [`The server is ${url}.`, 'staithe status'];
  } catch {
    return [
      'No server is known: start one here, or log in to one with `staithe login --url <url>`.',
      'staithe start',
    ];
  }
}

export function guide(): string {
  const [line, next] = whereWeStand();
  return asTyped(`Staithe builds what you send, freezes it as a release and deploys it.

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
