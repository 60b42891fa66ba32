import { AssetStaging, FileAssetPackaging, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

/**
 * The agent's bundle in CDK's asset bucket, under a name that begins with the stack's: so the role of the machines can be
 * given the agents of this installation, those of earlier deployments among them, and no other file of the account. An
 * asset of aws-s3-assets is named by its digest alone.
 */
export class Agent extends Construct {
  /** `bucket/key`, as CodeBuild takes it. */
  readonly location: string;
  readonly bucketArn: string;
  readonly allVersionsArn: string;

  constructor(scope: Construct, id: string, folder: string) {
    super(scope, id);
    const stack = Stack.of(this);
    const prefix = agentPrefix(stack);
    const staged = new AssetStaging(this, 'Staged', { sourcePath: folder });
    const { bucketName, objectKey } = stack.synthesizer.addFileAsset({
      fileName: staged.relativeStagedPath(stack),
      packaging: FileAssetPackaging.ZIP_DIRECTORY,
      sourceHash: `${prefix}${staged.assetHash}`,
    });
    const bucket = Bucket.fromBucketName(this, 'Bucket', bucketName);
    this.location = `${bucketName}/${objectKey}`;
    this.bucketArn = bucket.bucketArn;
    this.allVersionsArn = bucket.arnForObjects(`${prefix}*`);
  }
}

export const agentPrefix = (stack: Stack): string => `${stack.stackName}-agent-`;
