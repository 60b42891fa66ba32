/** What a manifest may say, and most likely does not mean. It is told to its author, and stops no build. */
import type { Finding } from './findings.ts';
import { nearest } from './nearest.ts';
import type { Manifest } from './schema.ts';

/** Environments may be made later, through the API: that one is missing here is no mistake. */
export function doubtsOf({ environments, pipelines }: Manifest): Finding[] {
  const known = Object.keys(environments);
  const doubt = (name: string, path: Finding['path']): Finding[] => {
    if (Object.hasOwn(environments, name)) return [];
    const meant = nearest(name, known);
    const reason = `'${name}' is no environment of this manifest${meant === undefined ? '' : `; did you mean '${meant}'?`}`;
    return [{ path, at: 'value', reason }];
  };
  return [
    ...Object.entries(environments).flatMap(([name, { promotes_from }]) =>
      promotes_from === undefined ? [] : doubt(promotes_from, ['environments', name, 'promotes_from']),
    ),
    ...Object.entries(pipelines).flatMap(([name, { steps }]) =>
      steps.flatMap(({ action }, index) =>
        action.type === 'deploy'
          ? doubt(action.environment, ['pipelines', name, 'steps', index, 'action', 'environment'])
          : [],
      ),
    ),
  ];
}
