/** CORS as function URLs and HTTP APIs answer it, from the settings of either. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

export interface CorsSettings {
  readonly AllowCredentials?: boolean | undefined;
  readonly AllowHeaders?: readonly string[] | undefined;
  readonly AllowMethods?: readonly string[] | undefined;
  readonly AllowOrigins?: readonly string[] | undefined;
  readonly ExposeHeaders?: readonly string[] | undefined;
  /** Seconds. */
  readonly MaxAge?: number | undefined;
}

export function isPreflight(request: IncomingMessage): boolean {
  const { origin, 'access-control-request-method': method } = request.headers;
  return request.method === 'OPTIONS' && origin !== undefined && method !== undefined;
}

/** The `access-control-*` headers for a request; none when its origin is not among the allowed ones. */
export function corsHeaders(
  cors: CorsSettings | undefined,
  headers: IncomingHttpHeaders,
): Record<string, string> {
  const { origin } = headers;
  if (!cors || origin === undefined || !allows(cors.AllowOrigins ?? [], origin)) return {};
  const any = (cors.AllowOrigins ?? []).includes('*') && !cors.AllowCredentials;
  const result: Record<string, string> = { 'access-control-allow-origin': any ? '*' : origin };
  if (!any) result.vary = 'Origin';
  if (cors.AllowCredentials) result['access-control-allow-credentials'] = 'true';
  if (cors.ExposeHeaders?.length) result['access-control-expose-headers'] = cors.ExposeHeaders.join(',');
  if (headers['access-control-request-method'] === undefined) return result;
  if (cors.AllowMethods?.length) result['access-control-allow-methods'] = cors.AllowMethods.join(',');
  if (cors.AllowHeaders?.length) result['access-control-allow-headers'] = cors.AllowHeaders.join(',');
  if (cors.MaxAge !== undefined) result['access-control-max-age'] = String(cors.MaxAge);
  return result;
}

/** An allowed origin is exact, `*`, or has a wildcard such as `https://*`. */
function allows(allowed: readonly string[], origin: string): boolean {
  return allowed.some((one) => {
    const [before = '', after] = one.toLowerCase().split('*');
    const given = origin.toLowerCase();
    return after === undefined ? given === before : given.startsWith(before) && given.endsWith(after);
  });
}
