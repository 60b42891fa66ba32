/** Go. */
import type { Case } from '../case.ts';

const GO_MOD = (more = '') => `module example.com/api\n\ngo 1.21\n${more}`;
const GO_MAIN = 'package main\n\nfunc main() {}\n';
const goUsing = (path: string) => `package main\n\nimport _ "${path}"\n\nfunc main() {}\n`;

export const GO: readonly Case[] = [
  {
    name: 'go-compile-error',
    label: 'build_error',
    files: {
      'go.mod': GO_MOD(),
      'main.go': 'package main\n\nimport "os"\n\nfunc main() {\n\tvar total int = "seven"\n}\n',
    },
    command: 'go build ./...',
  },
  {
    name: 'go-test-fails',
    label: 'build_error',
    files: {
      'go.mod': GO_MOD(),
      'cart_test.go':
        'package main\n\nimport "testing"\n\nfunc TestAddsUp(t *testing.T) {\n\tif 2+2 != 5 {\n\t\tt.Fatalf("got %d", 4)\n\t}\n}\n',
    },
    command: 'go test ./...',
  },
  {
    name: 'go-test-times-out',
    label: 'build_error',
    files: {
      'go.mod': GO_MOD(),
      'cart_test.go':
        'package main\n\nimport "testing"\n\nfunc TestAnswers(t *testing.T) {\n\tselect {}\n}\n',
    },
    command: 'go test -timeout 1s ./...',
  },
  {
    name: 'go-sum-missing',
    label: 'build_error',
    files: {
      'go.mod': GO_MOD('\nrequire github.com/google/uuid v1.6.0\n'),
      'main.go': goUsing('github.com/google/uuid'),
    },
    command: 'go build ./...',
  },
  {
    name: 'go-sum-mismatch',
    label: 'build_error',
    files: {
      'go.mod': GO_MOD('\nrequire github.com/google/uuid v1.6.0\n'),
      'main.go': goUsing('github.com/google/uuid'),
      'go.sum':
        'github.com/google/uuid v1.6.0 h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\ngithub.com/google/uuid v1.6.0/go.mod h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n',
    },
    command: 'go build ./...',
  },
  {
    name: 'go-module-missing',
    label: 'build_error',
    files: { 'go.mod': GO_MOD(), 'main.go': goUsing('example.com/no/such/module') },
    command: 'go build ./...',
  },
  {
    name: 'go-proxy-refuses',
    label: 'registry_error',
    files: { 'go.mod': GO_MOD(), 'main.go': GO_MAIN },
    env: { GOPROXY: 'http://@CLOSED@', GOMODCACHE: '/build-home/mod', GOSUMDB: 'off' },
    command: 'go get github.com/google/uuid@v1.6.0',
  },
  {
    name: 'go-proxy-unauthorized',
    label: 'auth_error',
    files: { 'go.mod': GO_MOD(), 'main.go': GO_MAIN },
    env: { GOPROXY: 'http://@UNAUTHORIZED@', GOMODCACHE: '/build-home/mod', GOSUMDB: 'off' },
    command: 'go get git.acme.example.com/tokens@v1.0.0',
  },
  {
    name: 'go-proxy-forbidden',
    label: 'auth_error',
    files: { 'go.mod': GO_MOD(), 'main.go': GO_MAIN },
    env: { GOPROXY: 'http://@FORBIDDEN@', GOMODCACHE: '/build-home/mod', GOSUMDB: 'off' },
    command: 'go mod download git.acme.example.com/tokens@v1.0.0',
  },
  {
    name: 'go-proxy-unavailable',
    label: 'registry_error',
    files: { 'go.mod': GO_MOD(), 'main.go': GO_MAIN },
    env: { GOPROXY: 'http://@BROKEN@', GOMODCACHE: '/build-home/mod', GOSUMDB: 'off' },
    command: 'go get github.com/google/uuid@v1.6.0',
  },
  { name: 'go-no-module', label: 'build_error', files: { 'main.go': GO_MAIN }, command: 'go build ./...' },
  {
    name: 'go-vet-fails',
    label: 'build_error',
    files: {
      'go.mod': GO_MOD(),
      'main.go': 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Printf("%d\\n", "seven") }\n',
    },
    command: 'go vet ./...',
  },
  {
    name: 'go-out-of-memory',
    label: 'resource_error',
    files: {
      'go.mod': GO_MOD(),
      'main.go':
        'package main\n\nvar all [][]byte\n\nfunc main() {\n\tfor {\n\t\tall = append(all, make([]byte, 64<<20))\n\t}\n}\n',
    },
    setup: 'go build -o app .',
    command: 'ulimit -v 1500000; ./app',
  },
  {
    name: 'go-compile-killed',
    label: 'resource_error',
    memoryMb: 40,
    files: {
      'go.mod': GO_MOD(),
      'main.go': 'package main\n\nimport "net/http"\n\nfunc main() { http.ListenAndServe(":80", nil) }\n',
    },
    command: 'go build ./...',
  },
  {
    name: 'go-disk-full',
    label: 'resource_error',
    diskMb: 6,
    files: {
      'go.mod': GO_MOD(),
      'main.go': 'package main\n\nimport "net/http"\n\nfunc main() { http.ListenAndServe(":80", nil) }\n',
    },
    command: 'GOCACHE=$PWD/cache go build -o api .',
  },
  {
    name: 'go-panics',
    label: 'build_error',
    files: {
      'go.mod': GO_MOD(),
      'gen.go': 'package main\n\nfunc main() {\n\tvar table map[string]int\n\ttable["total"] = 137\n}\n',
    },
    command: 'go run .',
  },
];
