/** The options that every command takes. */
import { Option } from 'commander';

export const HELP_FLAGS = '-h, --help';

/** Made anew for each command: commander keeps what it knows of an option in it. */
export const globalOptions = () => [
  new Option('--json', 'print one JSON document (JSON lines with --follow); problems too, on stderr'),
  new Option('--verbose', 'say on stderr which server and token are used, and every request'),
  new Option('--no-color', 'no colours, whatever the terminal can'),
  new Option('--url <url>', 'the server (default: STAITHE_URL, a local server, or that of `staithe login`)'),
];
