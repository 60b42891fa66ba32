/**
 * Finds the handler function that `_HANDLER` names, by the rules of the Lambda Node.js runtime: `path/file.export`,
 * where the file is looked up as given, then with `.js`, `.mjs` and `.cjs`, and may be CommonJS or an ES module.
 */
import { statSync } from 'node:fs';
import { basename, dirname, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { HandlerNotFound, ImportModuleError, MalformedHandlerName, UserCodeSyntaxError } from './errors.mjs';

/**
 * @param {string} taskRoot folder of the function's code
 * @param {string} name `index.handler`, `dir/file.handler`, `index.nested.handler`
 * @throws an error of errors.mjs, or whatever the module itself throws while it loads
 */
export async function loadHandler(taskRoot, name) {
  const parts = /^([^.]*)\.(.+)$/.exec(basename(name));
  if (!parts || name.includes('..')) throw new MalformedHandlerName('Bad handler');
  const module = `${dirname(name) === '.' ? '' : `${dirname(name)}/`}${parts[1]}`;
  const exported = await load(taskRoot, module);
  for (const source of [exported, exported.default]) {
    const found = parts[2].split('.').reduce((value, key) => value?.[key], source);
    if (typeof found === 'function') return found;
    if (found !== undefined) throw new HandlerNotFound(`${name} is not a function`);
  }
  throw new HandlerNotFound(`${name} is undefined or not exported`);
}

async function load(taskRoot, module) {
  const path = resolve(taskRoot, module);
  if (!path.startsWith(resolve(taskRoot) + sep)) throw new MalformedHandlerName('Bad handler');
  const file = ['', '.js', '.mjs', '.cjs'].map((suffix) => path + suffix).find(isFile);
  if (!file) throw new ImportModuleError(`Error: Cannot find module '${module}'`);
  try {
    return await import(pathToFileURL(file).href);
  } catch (error) {
    if (error instanceof SyntaxError) throw new UserCodeSyntaxError(String(error));
    if (error?.code === 'MODULE_NOT_FOUND' || error?.code === 'ERR_MODULE_NOT_FOUND') {
      throw new ImportModuleError(`Error: ${error.message}`);
    }
    throw error;
  }
}

function isFile(path) {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
