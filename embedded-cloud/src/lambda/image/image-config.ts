/** What a function says about its image, and what the image says about itself. */
import { z } from 'zod';
import { invalidParameter } from '../context.ts';

/** https://docs.aws.amazon.com/lambda/latest/api/API_ImageConfig.html */
export const imageConfigSchema = z.object({
  EntryPoint: z.array(z.string()).max(1500).optional(),
  Command: z.array(z.string()).max(1500).optional(),
  WorkingDirectory: z.string().max(1000).optional(),
});
export type ImageConfig = z.infer<typeof imageConfigSchema>;

/** An image as a version of a function keeps it. */
export const imageSchema = z.object({
  /** As the caller named it. */
  uri: z.string(),
  /** The same by digest. */
  resolvedUri: z.string(),
  repository: z.string(),
  layers: z.array(z.object({ digest: z.string(), size: z.number() })),
  entryPoint: z.array(z.string()),
  command: z.array(z.string()),
  workingDirectory: z.string(),
  environment: z.record(z.string(), z.string()),
});
export type Image = z.infer<typeof imageSchema>;

/** The command line of a function: what it says overrides what its image says, member by member. */
export function commandOf(image: Image, config: ImageConfig = {}): string[] {
  return [...(config.EntryPoint ?? image.entryPoint), ...(config.Command ?? image.command)];
}

export function workingDirectoryOf(image: Image, config: ImageConfig = {}): string {
  return config.WorkingDirectory || image.workingDirectory || '/';
}

/** Members of CreateFunction and UpdateFunctionConfiguration that fit one type of package only. */
interface Packaged {
  readonly Runtime?: string | undefined;
  readonly Handler?: string | undefined;
  readonly Layers?: readonly unknown[] | undefined;
  readonly ImageConfig?: ImageConfig | undefined;
}

/** @throws InvalidParameterValueException, in Lambda's words */
export function checkPackage(request: Packaged, isImage: boolean): void {
  if (!isImage && request.ImageConfig !== undefined)
    throw invalidParameter("Please don't provide ImageConfig when the PackageType is Zip.");
  if (!isImage) return;
  if (request.Runtime !== undefined || request.Handler !== undefined || (request.Layers ?? []).length > 0) {
    throw invalidParameter(
      "Please don't provide Runtime or Handler or Layers when the intended function PackageType is Image.",
    );
  }
}

/** @throws InvalidParameterValueException where neither the image nor the function says what to start */
export function checkStart(
  { image }: { readonly image?: Image | undefined },
  { imageConfig }: { readonly imageConfig?: ImageConfig | undefined },
): void {
  if (!image || commandOf(image, imageConfig).length > 0) return;
  throw invalidParameter(
    `The image ${image.uri} has neither an entry point nor a command. Give one in ImageConfig, or in the image.`,
  );
}
