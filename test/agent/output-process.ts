/** A process that prints as the agent does: chunks come as JSON lines of base64 on stdin, its output goes to stdout. */
import { createInterface } from 'node:readline';
import { endOutput, hide, pass, say, Tail } from '../../lib/agent/output.ts';

const [, , secrets = '[]'] = process.argv;
hide(JSON.parse(secrets));
const tail = new Tail();
for await (const line of createInterface({ input: process.stdin })) pass(Buffer.from(line, 'base64'), tail);
endOutput(tail);
say(`==> tail ${JSON.stringify(tail.lines())}`);
