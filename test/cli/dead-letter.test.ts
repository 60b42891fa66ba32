import { expect, test } from 'vitest';
import { startContractServer } from './contract-server.ts';
import { letter } from './examples.ts';
import { makeHome } from './process.ts';

const OTHER = '5f0f2b52-6f0e-4f0e-8f3e-1d2c3b4a5968';

test('dead letters are listed without their events, and one is shown with it, safe for a terminal', async () => {
  await using server = await startContractServer({
    listDeadLetters: () => ({ items: [letter], more: true }),
    getDeadLetter: () => letter,
  });
  using home = makeHome(server.url);

  const listed = await home.run(['dead-letter', 'list', '--limit', '1']);
  const shown = await home.run(['dead-letter', 'show', letter.id]);

  expect(listed.stdout).toContain(letter.id);
  expect(listed.stderr).toContain('more: --limit 100');
  expect(shown.stdout).toContain('TypeError: no key');
  expect(shown.stdout).toContain('"source": "aws.s3"');
  expect(shown.stdout).not.toContain('\u009b');
});

test('redrive takes one letter or --all, and asks again until all were looked at', async () => {
  const refused = [{ id: OTHER, target: null, message: 'It does not say what to do.' }];
  const before = '2026-11-21T09:30:00.000Z';
  const answers = [
    { redriven: 500, refused, before, more: true },
    { redriven: 2, refused, before, more: false },
  ];
  await using server = await startContractServer({
    redriveDeadLetter: () => letter,
    redriveDeadLetters: () => answers.shift() ?? { redriven: 0, refused: [], before, more: false },
  });
  using home = makeHome(server.url);

  const neither = await home.run(['dead-letter', 'redrive']);
  const both = await home.run(['dead-letter', 'redrive', letter.id, '--all']);
  const one = await home.run(['dead-letter', 'redrive', letter.id]);
  const all = await home.run(['dead-letter', 'redrive', '--all']);

  expect([neither.code, both.code, one.code, all.code]).toEqual([2, 2, 0, 0]);
  expect(one.stdout).toContain('sent to Staithe-EventsObjectCreated');
  expect(all.stdout).toBe(`Redrove 502 dead letters\nnot redriven: ${OTHER}: It does not say what to do.\n`);
  expect(server.of('redriveDeadLetters').map(({ body }) => JSON.parse(body))).toEqual([{}, { before }]);
  expect(all.stderr).toContain(`staithe dead-letter show ${OTHER}`);
});

test('redrive --all says when it leaves letters that were not looked at', async () => {
  const before = '2026-11-21T09:30:00.000Z';
  await using server = await startContractServer({
    redriveDeadLetters: () => ({ redriven: 0, refused: [], before, more: true }),
  });
  using home = makeHome(server.url);

  const { stderr } = await home.run(['dead-letter', 'redrive', '--all']);
  const { stdout } = await home.run(['dead-letter', 'redrive', '--all', '--json']);

  expect(stderr).toMatch(/^more: .*dead-letter redrive --all again$/m);
  expect(JSON.parse(stdout)).toEqual({ redriven: 0, refused: [], more: true });
});

test('who lists as many letters as can be listed is not told to list as many', async () => {
  await using server = await startContractServer({
    listDeadLetters: () => ({ items: [letter], more: true }),
  });
  using home = makeHome(server.url);

  const { stderr } = await home.run(['dead-letter', 'list', '--limit', '100']);

  expect(stderr).not.toContain('--limit 100');
  expect(stderr).toMatch(/^more: at most 100 can be listed.*dead-letter redrive --all/m);
});
