/** The socket that leads out of a machine, as the machine sees it. */
export const SOCKET_INSIDE = '/codebuild/network.sock';
