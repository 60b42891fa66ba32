import { command } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { projectOption } from '../option.ts';
import { readValue } from './value.ts';
import { secretText } from './view.ts';

/** As the API has it (lib/domain/manifest/values.ts): checked here too, as a value in its place would be sent in a URL. */
const NAME = /^[A-Z][A-Z0-9_]{0,63}$/;
/** Shorter ones are not masked, or half of every log would be (lib/domain/mask/secret-forms.ts). */
const LEAST_MASKED_BYTES = 4;

export const set = command({
  name: 'set',
  summary: 'Set a secret of a project, or give it another value',
  details:
    'The value is asked for without being shown, or read from stdin; the newline after a single line does not ' +
    'belong to it. Nobody can read it again but the builds of services that name it in staithe.yaml.',
  args: { name: 'its name, as commands see it: A-Z, 0-9 and _' },
  options: { project: projectOption },
  onExcess: [
    'The value of a secret is never an argument: it would stay in the history of the shell and in the list of processes.',
    'Leave it out and type it when asked, or send it on stdin: staithe secret set NAME < file. Choose another value than the one that was typed here.',
  ],
  examples: [
    'staithe secret set NPM_TOKEN --project hello',
    'staithe secret set SIGNING_KEY --project hello < key.pem',
  ],
  calls: ['putSecret'],
  async run({ args, options }, { api }) {
    if (args.name.includes('='))
      throw usageFailure(
        'The value of a secret is never an argument, also not as NAME=value.',
        'Give the name alone and type the value when asked. Choose another value than the one that was typed here.',
      );
    if (!NAME.test(args.name))
      throw usageFailure(
        'This is not the name of a secret.',
        'Use 1 to 64 of A-Z, 0-9 and _, beginning with a letter, such as NPM_TOKEN.',
      );
    const value = await readValue(args.name);
    const params = { project: options.project, name: args.name };
    const secret = await api.call('putSecret', { params, body: { value } });
    const isShort = Buffer.byteLength(value) < LEAST_MASKED_BYTES;
    return {
      json: secret,
      text: secretText(secret),
      notes: [
        ...(isShort ? [`warning: a value below ${LEAST_MASKED_BYTES} bytes is not masked in logs`] : []),
        `next: name it in staithe.yaml: secrets: [${secret.name}]`,
      ],
    };
  },
});
