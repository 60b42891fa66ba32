/** A client of CloudFront's key value stores. Their API is in no region, so requests are signed for all (SigV4A). */
import '@aws-sdk/signature-v4a';
import {
  CloudFrontKeyValueStoreClient,
  type CloudFrontKeyValueStoreClientConfig,
} from '@aws-sdk/client-cloudfront-keyvaluestore';

const SIGNED_FOR_ALL = {
  name: 'sigv4a',
  signingName: 'cloudfront-keyvaluestore',
  signingRegion: '*',
  signingRegionSet: ['*'],
  properties: {},
};

/**
 * The SDK puts the account before the host of an endpoint that it is given: `111122223333.127.0.0.1` is no name.
 * @param endpoint instead of AWS's own
 */
export function keyValueClient(
  config: Pick<CloudFrontKeyValueStoreClientConfig, 'region' | 'credentials'> = {},
  endpoint: string | undefined = process.env.AWS_ENDPOINT_URL,
): CloudFrontKeyValueStoreClient {
  if (endpoint === undefined) return new CloudFrontKeyValueStoreClient(config);
  const resolved = { url: new URL(endpoint), properties: { authSchemes: [SIGNED_FOR_ALL] } };
  return new CloudFrontKeyValueStoreClient({ ...config, endpointProvider: () => resolved });
}
