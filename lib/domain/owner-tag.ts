/** The tag of AWS resources that belong to a project: functions, secrets, image repositories. Its value is the project's id. */
export const OWNER_TAG = 'staithe:project';
