/** C, C++, make and CMake that go on after the first error. */
import type { Case } from '../../case.ts';
import { goingOn, late } from './case.ts';

const UNUSED = Array.from(
  { length: 6 },
  (_, index) => `static int unused_${index}(void) { return ${index}; }\n`,
).join('');

export const C_LATE: readonly Case[] = [
  late('gcc-warnings-after-error', 'main.c:1:25: error: ‘total’ undeclared', {
    files: { 'main.c': `int main(void) { return total; }\n${UNUSED}` },
    command: 'gcc -Wall -c main.c',
  }),
  late('gcc-warnings-of-next-file', 'a.c:1:31: error: expected', {
    files: { 'a.c': 'int a(void) { return missing(1 }\n', 'b.c': UNUSED },
    command: 'gcc -Wall -c a.c b.c',
  }),
  late('gcc-library-missing-then-warnings', 'cannot find -lno_such_library', {
    files: { 'a.c': 'int main(void) { return 0; }\n', 'b.c': UNUSED },
    command: goingOn('gcc -o a a.c -lno_such_library', 'gcc -Wall -c b.c'),
  }),
  late('make-goes-on-with-warnings', 'a.c:1:22: error: ‘later’ undeclared', {
    files: {
      Makefile: 'all: a.o b.o\n%.o: %.c\n\tgcc -Wall -c $<\n',
      'a.c': 'int a(void) { return later; }\n',
      'b.c': UNUSED,
    },
    command: 'make -k',
  }),
  late('cpp-warnings-after-error', 'error: ‘size’ is not a member of ‘std’', {
    files: { 'main.cpp': `int main() { return std::size(1); }\n${UNUSED}` },
    command: 'g++ -Wall -c main.cpp',
  }),
  late('gcc-header-missing-then-warnings', 'a.c:1:10: fatal error: acme/tokens.h', {
    files: { 'a.c': '#include <acme/tokens.h>\n', 'b.c': UNUSED },
    command: 'gcc -Wall -c a.c b.c',
  }),
  late('gcc-type-error-between-warnings', 'main.c:8:35: error: invalid initializer', {
    files: {
      'main.c': `${UNUSED}struct price { int cents; };\nint main(void) { struct price p = "seven"; int left; return 0; }\n${UNUSED.replaceAll('unused_', 'later_')}`,
    },
    command: 'gcc -Wall -Wextra -c main.c',
  }),
  late('gcc-werror-then-warnings', 'error: unused variable ‘total’ [-Werror=unused-variable]', {
    files: { 'main.c': `int main(void) { int total; return 0; }\n${UNUSED}` },
    command: 'gcc -Wall -Werror=unused-variable -c main.c',
  }),
  late('gcc-undefined-reference-then-warnings', 'undefined reference to `pay', {
    files: { 'a.c': 'int pay(void);\nint main(void) { return pay(); }\n', 'b.c': UNUSED },
    command: goingOn('gcc -o a a.c', 'gcc -Wall -c b.c'),
  }),
  late('make-parallel-warnings-after-error', 'a.c:1:22: error: ‘later’ undeclared', {
    files: {
      Makefile: 'all: a.o b.o c.o\n%.o: %.c\n\t@gcc -Wall -Wextra -c $<\n',
      'a.c': 'int a(void) { return later; }\n',
      'b.c': UNUSED,
      'c.c': UNUSED.replaceAll('unused_', 'spare_'),
    },
    command: 'make -k -j2 --no-print-directory',
  }),
  late('make-clock-skew-after-error', "No rule to make target 'tokens.h', needed by 'a.o'", {
    files: { Makefile: 'all: b.o a.o\na.o: a.c tokens.h\n%.o: %.c\n\tgcc -c $<\n', 'a.c': '\n', 'b.c': '\n' },
    setup: 'touch -d "+2 days" b.c',
    command: 'make -k',
  }),
  late('cpp-template-error-then-warnings', 'error: no match for ‘operator<’', {
    files: {
      'main.cpp': `#include <algorithm>\n#include <vector>\nstruct Price { int cents; };\nint main() { std::vector<Price> all; std::sort(all.begin(), all.end()); }\n`,
      'b.cpp': UNUSED,
    },
    command: goingOn('g++ -c main.cpp', 'g++ -Wall -c b.cpp'),
  }),
  late('cmake-deprecated-after-error', 'CMake Error at CMakeLists.txt:3', {
    files: {
      'CMakeLists.txt':
        'cmake_minimum_required(VERSION 3.10)\nproject(api NONE)\nmessage(SEND_ERROR "libfoo is needed")\nmessage(DEPRECATION "the old option goes away")\nmessage(WARNING "tests are off")\n',
    },
    command: 'cmake -S . -B build',
  }),
  late(
    'cmake-package-missing-then-warnings',
    'Could not find a package configuration file provided by "Acme"',
    {
      files: {
        'CMakeLists.txt':
          'cmake_minimum_required(VERSION 3.10)\nproject(api NONE)\nfind_package(Acme REQUIRED CONFIG)\n',
        'tools/CMakeLists.txt':
          'cmake_minimum_required(VERSION 3.10)\nproject(tools NONE)\nmessage(WARNING "no compiler cache was found")\n',
      },
      command: goingOn('cmake -S . -B build', 'cmake -S tools -B build-tools'),
    },
  ),
];
