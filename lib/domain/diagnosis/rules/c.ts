/** C compilers and linkers, make, CMake. */
import { DISK_HINT, MEMORY_HINT, on, part, type Tool } from './rule.ts';

const C: Tool = {
  name: 'C compiler',
  rules: [
    on(/^\S+: Fatal error: .*: 'No space left on device'$/, 'resource_error', DISK_HINT),
    on(
      /^.*(?:ld|as|collect2|cc1|cc1plus|gcc|g\+\+|clang)(?:\.\w+)?: (?:.*: )?No space left on device$/,
      'resource_error',
      DISK_HINT,
    ),
    on(
      /^(?:cc1|cc1plus|gcc|g\+\+|virtual memory exhausted|\S*ld\S*)(?:: .*)?(?:out of memory|memory exhausted|Cannot allocate memory)/,
      'resource_error',
      MEMORY_HINT,
    ),
    on(/^collect2: fatal error: ld terminated with signal 7 \[Bus error\]/, 'resource_error', DISK_HINT),
    on(/^terminate called after throwing an instance of 'std::bad_alloc'$/, 'resource_error', MEMORY_HINT),
    on(
      /^\S+:\d+(?::\d+)?: fatal error: (.+): No such file or directory$/,
      'build_error',
      (found) =>
        `The header ${part(found, 1, '')} was not found: install the library's development package in an earlier command.`,
    ),
    on(
      /^\S*ld: cannot find -l(\S+?)(?::.*)?$/,
      'build_error',
      (found) =>
        `The library ${part(found, 1, '')} was not found: install its development package in an earlier command.`,
    ),
    on(
      /^(?:\S*ld: )?\S+: undefined reference to /,
      'build_error',
      'The linker did not find a definition: check whether a source file or library is missing from the command.',
    ),
    on(/^collect2: error: ld returned /, 'build_error', 'The linker lists what it did not find above.'),
    on(/^\S+:\d+:\d+: (?:fatal )?error: /, 'build_error', 'The compiler lists the errors above.'),
  ],
};

const MAKE: Tool = {
  name: 'make',
  rules: [
    on(
      /^make(?:\[\d+\])?: \*\*\* No rule to make target '([^']+)'/,
      'build_error',
      (found) => `make has no rule for '${part(found, 1, '')}': check whether a file or a rule is missing.`,
    ),
    on(
      /^make(?:\[\d+\])?: \*\*\* No targets specified and no makefile found/,
      'build_error',
      "There is no Makefile in the service's folder: check `context` in staithe.yaml.",
    ),
    on(/^\S+:\d+: \*\*\* /, 'build_error', 'The Makefile has a syntax error in the line that make names.'),
  ],
};

const CMAKE: Tool = {
  name: 'CMake',
  rules: [
    on(
      /^\s+Could not find a package configuration file provided by "(.+)"/,
      'build_error',
      (found) =>
        `CMake did not find ${part(found, 1, 'a package')}: install its development package in an earlier command.`,
    ),
    on(/^CMake Error(?::| at | in )/, 'build_error', 'CMake shows above what is missing.'),
    on(/^-- Configuring incomplete, errors occurred!$/, 'build_error', 'CMake shows above what is missing.'),
  ],
};

export const C_TOOLS: readonly Tool[] = [C, MAKE, CMAKE];
