/** Python, pip and its checkers: warnings at exit, notices, and tools that go on. */
import type { Case } from '../../case.ts';
import { goingOn, late } from './case.ts';

const VENV = 'python3 -m venv .venv';
const PIP = '.venv/bin/pip install --no-input --retries 0 --timeout 3';
const OLD = `.venv/bin/python -W always -c "import warnings; warnings.warn('pip is old')"`;
const AT_EXIT =
  "import atexit, warnings\natexit.register(lambda: warnings.warn('the pool was not closed', ResourceWarning))\n";

export const PYTHON_LATE: readonly Case[] = [
  late('python-warnings-at-exit', "ModuleNotFoundError: No module named 'acme_settings'", {
    files: { 'app.py': `${AT_EXIT}import acme_settings\n` },
    command: 'python3 -W always app.py',
  }),
  late('pip-externally-managed', 'externally-managed-environment', {
    command: '/usr/bin/python3 -m pip install --no-input six',
  }),
  late('pip-notice-after-error', 'Could not open requirements file', {
    setup: VENV,
    command: goingOn(`${PIP} -r missing.txt`, OLD),
  }),
  late(
    'pip-package-missing-then-notice',
    'No matching distribution found for staithe-no-such-package-at-all',
    {
      setup: VENV,
      command: goingOn(`${PIP} staithe-no-such-package-at-all`, OLD),
    },
  ),
  late('pip-setup-fails-then-notice', 'did not run successfully', {
    setup: VENV,
    files: { 'pkg/setup.py': "raise RuntimeError('a C compiler with libfoo is needed')\n" },
    command: goingOn(`${PIP} ./pkg`, OLD),
  }),
  late('pip-conflict-then-notice', 'Cannot install six==1.15.0 and six==1.16.0', {
    setup: VENV,
    command: goingOn(`${PIP} 'six==1.16.0' 'six==1.15.0'`, OLD),
  }),
  late('python-key-error-then-warnings', "KeyError: 'STRIPE_KEY'", {
    files: { 'app.py': `${AT_EXIT}import os\nprint(os.environ['STRIPE_KEY'])\n` },
    command: 'python3 -W always app.py',
  }),
  late('python-syntax-error-then-warnings', 'SyntaxError: ', {
    files: {
      'app.py': 'def total(:\n    pass\n',
      'old.py': "import warnings\nwarnings.warn('old API', DeprecationWarning)\n",
    },
    command: goingOn('python3 app.py', 'python3 -W always old.py'),
  }),
  late(
    'python-file-missing-then-warnings',
    "FileNotFoundError: [Errno 2] No such file or directory: 'settings.toml'",
    {
      files: { 'app.py': `${AT_EXIT}open('settings.toml')\n` },
      command: 'python3 -W always app.py',
    },
  ),
  late('pytest-fails-then-warnings', 'test_cart.py::test_adds_up', {
    files: {
      'test_cart.py':
        "import warnings\n\ndef test_adds_up():\n    assert 2 + 2 == 5\n\ndef test_old():\n    warnings.warn('old API', DeprecationWarning)\n",
      'old.py': "import warnings\nwarnings.warn('old API', DeprecationWarning)\n",
    },
    command: goingOn('pytest -p no:cacheprovider', 'python3 -W always old.py'),
  }),
  late('mypy-errors-then-notes', 'app.py:2: error: Incompatible return value type', {
    files: {
      'app.py':
        'def total(prices: list[int]) -> int:\n    return "".join(map(str, prices))\n\ndef spare(x):\n    y: int = x\n    reveal_type(y)\n',
    },
    command: goingOn('mypy app.py', 'echo "warning: the cache was not saved"'),
  }),
  late('ruff-errors-then-warnings', 'app.py:1:8', {
    files: { 'app.py': 'import os\nprint(timeot)\n', 'ruff.toml': 'select = ["F"]\n' },
    command: 'ruff check --output-format concise .',
  }),
  late('uv-no-solution-then-warnings', 'No solution found when resolving dependencies', {
    files: {
      'pyproject.toml':
        '[project]\nname = "api"\nversion = "1.0.0"\nrequires-python = ">=3.9"\ndependencies = ["six>99"]\n',
    },
    command: goingOn('uv lock', 'echo "warning: no lock file was written"'),
  }),
];
