/** Sources whose service is an image: of nothing but a static busybox. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { demand } from 'embedded-cloud/test-kit/tools.ts';
import { tarGz } from '../../archive/craft.ts';

export const busybox = () => {
  demand('busybox');
  return readFileSync(execFileSync('which', ['busybox'], { encoding: 'utf8' }).trim());
};

/** Two stages: the first runs commands, the second keeps what they wrote. */
export const TWO_STAGES = `FROM scratch AS build
COPY busybox /bin/busybox
ARG GREETING=hello
RUN ["/bin/busybox", "sh", "-c", "echo $GREETING > /greeting; echo said \\"$GREETING\\" >&2"]

FROM scratch
COPY --from=build /greeting /greeting
`;

/** Folders and files of every kind of instruction, each of which dates what it makes. */
export const DATED = `FROM scratch AS build
COPY busybox /bin/busybox
ARG SOURCE_DATE_EPOCH
RUN ["/bin/busybox", "sh", "-c", "echo epoch $SOURCE_DATE_EPOCH >&2; echo said > /said"]

FROM scratch
WORKDIR /site
COPY page .
COPY --from=build /said /deep/er/said
COPY busybox /bin/busybox
RUN ["/bin/busybox", "sh", "-c", "echo ran > /ran"]
`;

/** The second instruction of the first stage fails. */
export const FAILING = `FROM scratch AS build
COPY busybox /bin/busybox
RUN ["/bin/busybox", "sh", "-c", "echo about to fail; exit 7"]

FROM scratch
COPY --from=build /bin/busybox /bin/busybox
`;

/** @param files beside the Dockerfile and busybox */
export function imageSource(
  dockerfile: string,
  files: Readonly<Record<string, string>> = {},
): Buffer<ArrayBuffer> {
  return Buffer.from(
    tarGz(
      { name: 'Dockerfile', content: dockerfile },
      { name: 'busybox', content: busybox(), mode: 0o755 },
      ...Object.entries(files).map(([name, content]) => ({ name, content })),
    ),
  );
}
