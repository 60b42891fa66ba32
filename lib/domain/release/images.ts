/** Images that a release is created from by their digests: of the installation's registry, in the project's folder. */
import type { StoredArtifact } from '../artifact/schema.ts';
import { StaitheError } from '../error.ts';
import { derivedId } from '../id.ts';
import { asStaitheError } from '../image/registry.ts';
import { inOrder } from '../matrix.ts';
import type { Ports } from '../ports/index.ts';
import type { Project } from '../project/schema.ts';
import { frozen } from './artifacts.ts';
import type { Chosen } from './record.ts';

/** An image as the registry describes it, and the artifact that the release has it as. */
export interface NamedImage {
  readonly chosen: Chosen;
  readonly artifact: StoredArtifact;
}

/**
 * @param named by the services that they stand for: `sha256:…` in the repository of the service, or `<name>@sha256:…`
 * @param context.release whose artifacts they become: what is deployed later is found by an artifact
 * @throws StaitheError image_unknown | registry_unavailable | registry_refused
 */
export async function namedImages(
  { images }: Pick<Ports, 'images'>,
  project: Project,
  named: Readonly<Record<string, string>>,
  context: { readonly release: string; readonly now: Date; readonly by: string },
): Promise<NamedImage[]> {
  const created_at = context.now.toISOString();
  return Promise.all(
    inOrder(named).map(async ([service, reference]) => {
      const at = reference.indexOf('@');
      const repository = at < 0 ? service : reference.slice(0, at);
      const digest = reference.slice(at + 1);
      const target = { projectId: project.id, projectSlug: project.slug, service: repository };
      const found = await asStaitheError(() => images.find(target, digest));
      if (found === undefined)
        throw new StaitheError(
          'image_unknown',
          `The registry has no image ${digest} in the repository '${repository}' of project '${project.slug}', for ${service}.`,
          {
            remedy: `Use a digest that \`staithe artifact list\` shows; of another repository, specify ${service}=<repository>@sha256:….`,
          },
        );
      const artifact: StoredArtifact = {
        id: derivedId('artifact', context.release, found.repository, service, digest),
        project_id: project.id,
        origin: 'registry',
        service,
        matrix: {},
        name: repository,
        kind: 'image',
        image: {
          ref: `${found.repository}@${digest}`,
          tags: [],
          registry: 'native',
          platforms: [...found.platforms],
          media_type: found.mediaType,
        },
        content_type: found.mediaType,
        size_bytes: found.sizeBytes,
        digest,
        status: 'stored',
        created_at,
        stored_at: created_at,
        created_by: context.by,
      };
      return { chosen: frozen(service, artifact), artifact };
    }),
  );
}
