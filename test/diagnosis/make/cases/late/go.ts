/** Go, which goes on with other packages, and whose advice stands last. */
import type { Case } from '../../case.ts';
import { goingOn, late } from './case.ts';

const GO_MOD = 'module example.com/api\n\ngo 1.21\n';
const MAIN = 'package main\n\nfunc main() {}\n';
/** `go: warning: "./docs/..." matched no packages` */
const NO_DOCS = 'go list ./docs/...';

export const GO_LATE: readonly Case[] = [
  late('go-advice-after-error', 'package strngs is not in std', {
    files: { 'go.mod': GO_MOD, 'main.go': 'package main\n\nimport _ "strngs"\n\nfunc main() {}\n' },
    command: goingOn('go build ./...', NO_DOCS),
  }),
  late('go-several-files', 'a.go:3:', {
    files: {
      'go.mod': GO_MOD,
      'a.go': 'package main\n\nfunc main() { var total int = "one" }\n',
      'b.go': 'package main\n\nimport "os"\n\nfunc b() int { }\n',
    },
    command: 'go build ./...',
  }),
  late('go-type-error-then-warning', 'main.go:3:31: cannot use "seven"', {
    files: {
      'go.mod': GO_MOD,
      'main.go': 'package main\n\nfunc main() { var total int = "seven"; _ = total }\n',
    },
    command: goingOn('go build ./...', NO_DOCS),
  }),
  late('go-undefined-then-warning', 'main.go:3:15: undefined: pay', {
    files: { 'go.mod': GO_MOD, 'main.go': 'package main\n\nfunc main() { pay() }\n' },
    command: goingOn('go build ./...', NO_DOCS),
  }),
  late('go-unused-import-then-warning', 'main.go:3:8: "os" imported and not used', {
    files: { 'go.mod': GO_MOD, 'main.go': 'package main\n\nimport "os"\n\nfunc main() {}\n' },
    command: goingOn('go build ./...', NO_DOCS, NO_DOCS),
  }),
  late('go-syntax-error-then-warning', 'main.go:3:', {
    files: { 'go.mod': GO_MOD, 'main.go': 'package main\n\nfunc main() { if { }\n' },
    command: goingOn('go build ./...', NO_DOCS),
  }),
  late('go-vet-then-warning', 'main.go:5:28: fmt.Printf format %d has arg "seven" of wrong type string', {
    files: {
      'go.mod': GO_MOD,
      'main.go': 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Printf("%d\\n", "seven") }\n',
    },
    command: goingOn('go vet ./...', NO_DOCS),
  }),
  late('go-test-fails-then-warning', 'TestAddsUp', {
    files: {
      'go.mod': GO_MOD,
      'main.go': MAIN,
      'cart_test.go':
        'package main\n\nimport "testing"\n\nfunc TestAddsUp(t *testing.T) {\n\tt.Fatalf("got %d", 4)\n}\n',
    },
    command: goingOn('go test ./...', NO_DOCS),
  }),
  late('go-module-missing-then-warning', 'no required module provides package example.com/no/such/module', {
    files: {
      'go.mod': GO_MOD,
      'main.go': 'package main\n\nimport _ "example.com/no/such/module"\n\nfunc main() {}\n',
    },
    command: goingOn('go build ./...', NO_DOCS),
  }),
  late('go-sum-missing-then-warning', 'missing go.sum entry', {
    files: {
      'go.mod': `${GO_MOD}\nrequire github.com/google/uuid v1.6.0\n`,
      'main.go': 'package main\n\nimport _ "github.com/google/uuid"\n\nfunc main() {}\n',
    },
    command: goingOn('go build ./...', 'echo "go: warning: ignoring go.work in /build"'),
  }),
  late('go-cgo-warnings-after-error', 'price.go:4:', {
    files: {
      'go.mod': GO_MOD,
      'price.go': 'package main\n\nfunc main() {\n\tvar cents string = 7\n}\n',
      'legacy/legacy.go':
        'package legacy\n\n/*\n#cgo CFLAGS: -Wall\nstatic int spare(void) { return 1; }\nstatic int used(void) { int left; return 2; }\n*/\nimport "C"\n\nfunc Used() int { return int(C.used()) }\n',
    },
    command: goingOn('go build .', 'go build ./legacy'),
  }),
];
