import { Stack } from 'aws-cdk-lib';
import { ArnPrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { StaitheFunction } from './function.ts';

/**
 * The registry of images: repositories of ECR below one prefix, made when a service first needs one. A session of the
 * push role, narrowed to one repository, is all that a job ever gets; people get one of the pull role.
 */
export class Registry extends Construct {
  /** What the names of all repositories begin with: the stack's, so that two installations keep apart. */
  private readonly prefix: string;
  private readonly repositories: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.prefix = Stack.of(this).stackName.toLowerCase();
    this.repositories = Stack.of(this).formatArn({
      service: 'ecr',
      resource: 'repository',
      resourceName: `${this.prefix}/*`,
    });
  }

  /** Removes repositories, whole. */
  grantRemoval(to: StaitheFunction): void {
    to.grant(
      { STAITHE_REGISTRY_PREFIX: this.prefix },
      { actions: ['ecr:DeleteRepository'], resources: [this.repositories] },
    );
  }

  /** Images as their manifests and configurations describe them. */
  grantImages(to: StaitheFunction): void {
    to.grant(
      { STAITHE_REGISTRY_PREFIX: this.prefix },
      {
        actions: ['ecr:BatchGetImage', 'ecr:DescribeRepositories', 'ecr:GetDownloadUrlForLayer'],
        resources: [this.repositories],
      },
    );
  }

  /**
   * Lets Lambda pull: it adds itself to the repository's policy with the permission of who makes a function of an image (docs: Lambda, "Create a function using a container image", Amazon ECR permissions).
   */
  grantFunctions(to: StaitheFunction): void {
    to.grant(
      {},
      {
        actions: ['ecr:GetRepositoryPolicy', 'ecr:SetRepositoryPolicy'],
        resources: [this.repositories],
      },
    );
  }

  /** Another tag for an image that is there, and nothing that brings bytes. */
  grantTags(to: StaitheFunction): void {
    to.grant({}, { actions: ['ecr:BatchGetImage', 'ecr:PutImage'], resources: [this.repositories] });
  }

  /** Makes repositories, reads images, and hands out sessions of the two roles: for one function only. */
  grantRegistry(to: StaitheFunction): void {
    // The trust policy names the function's role itself, so that role needs no sts:AssumeRole of its own (docs: IAM,
    // "Policy evaluation for requests within a single account").
    const pushRole = new Role(this, 'PushRole', {
      assumedBy: new ArnPrincipal(to.role.roleArn),
      description: 'Of jobs that push an image: each session is narrowed to one repository',
    });
    pushRole.addToPolicy(new PolicyStatement({ actions: ['ecr:GetAuthorizationToken'], resources: ['*'] }));
    // What a push takes (docs: ECR, "IAM permissions for pushing an image"), and nothing that reads layers.
    pushRole.addToPolicy(
      new PolicyStatement({
        actions: [
          'ecr:BatchCheckLayerAvailability',
          'ecr:BatchGetImage',
          'ecr:CompleteLayerUpload',
          'ecr:InitiateLayerUpload',
          'ecr:PutImage',
          'ecr:UploadLayerPart',
        ],
        resources: [this.repositories],
      }),
    );
    const pullRole = new Role(this, 'PullRole', {
      assumedBy: new ArnPrincipal(to.role.roleArn),
      description: 'Of people who pull images: each session is narrowed to the repositories of one project',
    });
    pullRole.addToPolicy(new PolicyStatement({ actions: ['ecr:GetAuthorizationToken'], resources: ['*'] }));
    // What a pull takes (docs: ECR, "Private repository policy examples").
    pullRole.addToPolicy(
      new PolicyStatement({
        actions: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
        resources: [this.repositories],
      }),
    );
    to.grant(
      {
        STAITHE_REGISTRY_PREFIX: this.prefix,
        STAITHE_REGISTRY_PUSH_ROLE: pushRole.roleArn,
        STAITHE_REGISTRY_PULL_ROLE: pullRole.roleArn,
      },
      {
        actions: [
          'ecr:BatchGetImage',
          'ecr:CreateRepository',
          'ecr:DescribeImages',
          'ecr:DescribeRepositories',
          'ecr:GetDownloadUrlForLayer',
          'ecr:PutLifecyclePolicy',
          'ecr:TagResource',
        ],
        resources: [this.repositories],
      },
    );
  }
}
