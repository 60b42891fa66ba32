/** The resources of the API by their names, as the contract's routes give them. */
import type { RouteOutput } from '../../contract/route.ts';
import type { OperationId, Routes } from '../../contract/routes.ts';

export type OutputOf<Op extends OperationId> = RouteOutput<Routes[Op]>;

export type Project = OutputOf<'getProject'>;
export type SyncedManifest = OutputOf<'getManifest'>;
export type Source = OutputOf<'getSource'>;
export type Upload = NonNullable<OutputOf<'createSource'>['upload']>;
export type ListedBuild = OutputOf<'listBuilds'>['items'][number];
export type BuildWithRun = OutputOf<'getBuild'>;
export type Run = OutputOf<'getRun'>;
export type Job = OutputOf<'getJob'>;
export type RunError = NonNullable<Run['error']>;
export type LogPage = OutputOf<'getBuildLogs'>;
export type LogLine = LogPage['items'][number];
export type Diagnosis = OutputOf<'getBuildDiagnosis'>;
export type Artifact = OutputOf<'getArtifact'>;
export type Secret = OutputOf<'getSecret'>;
export type SecretRead = OutputOf<'listSecretReads'>['items'][number];
export type Cache = OutputOf<'listCaches'>['items'][number];
export type Release = OutputOf<'getRelease'>;
export type ReleaseDiff = OutputOf<'diffReleases'>;
export type Environment = OutputOf<'getEnvironment'>;
export type Deployment = OutputOf<'getDeployment'>;
export type DeploymentPlan = OutputOf<'planDeployment'>;
export type Board = OutputOf<'getBoard'>;
export type FunctionLogLine = OutputOf<'getEnvironmentLogs'>['items'][number];
export type Token = OutputOf<'listTokens'>['items'][number];
export type User = OutputOf<'getUser'>;
export type Me = OutputOf<'whoAmI'>;
export type Delivery = OutputOf<'getDelivery'>;
export type DeadLetter = OutputOf<'listDeadLetters'>['items'][number];
export type DeadLetterWithEvent = OutputOf<'getDeadLetter'>;
export type Subscription = OutputOf<'getSubscription'>;
export type Notification = OutputOf<'listNotifications'>['items'][number];
