/** A version as `FunctionConfiguration` (https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html). */
import { functionArn, type Lambda } from './context.ts';
import type { FunctionRecord, Version } from './records.ts';

/** @param qualifier what the caller named; it shows in the ARN */
export function configurationOf(lambda: Lambda, record: FunctionRecord, version: Version, qualifier = '') {
  const { settings, code } = version;
  const { logging } = settings;
  return {
    FunctionName: record.name,
    FunctionArn: functionArn(lambda, { name: record.name, qualifier }),
    ...(!code.image && { Runtime: settings.runtime, Handler: settings.handler }),
    Role: settings.role,
    CodeSize: code.size,
    Description: settings.description,
    Timeout: settings.timeout,
    MemorySize: settings.memorySize,
    LastModified: version.lastModified.replace('Z', '+0000'),
    CodeSha256: code.sha256,
    Version: version.version,
    ...(Object.keys(settings.environment).length > 0 && { Environment: { Variables: settings.environment } }),
    TracingConfig: { Mode: settings.tracing },
    RevisionId: version.revisionId,
    State: version.state,
    ...(version.state === 'Pending' && {
      StateReasonCode: 'Creating',
      StateReason: 'The function is being created.',
    }),
    ...(version.state === 'Failed' && { StateReasonCode: 'InvalidImage', StateReason: version.failure }),
    LastUpdateStatus: version.lastUpdateStatus,
    ...(version.lastUpdateStatus === 'Failed' && {
      LastUpdateStatusReasonCode: 'InvalidImage',
      LastUpdateStatusReason: version.failure,
    }),
    PackageType: code.image ? 'Image' : 'Zip',
    ...(settings.imageConfig && { ImageConfigResponse: { ImageConfig: settings.imageConfig } }),
    Architectures: settings.architectures,
    EphemeralStorage: { Size: settings.ephemeralStorage },
    SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
    LoggingConfig: { ...logging, LogGroup: logging.LogGroup ?? `/aws/lambda/${record.name}` },
  };
}
