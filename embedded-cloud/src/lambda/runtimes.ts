/** The runtimes whose functions run here: Node's, all on the Node that runs the cloud. */
export const LAMBDA_RUNTIMES: readonly string[] = ['nodejs20.x', 'nodejs22.x', 'nodejs24.x'];
