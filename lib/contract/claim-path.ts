/** Apart from the table of routes, so that the agent can send its claim before it has loaded the table's schemas. */
export const CLAIM_PATH = '/v1/jobs/{job}/claim';
