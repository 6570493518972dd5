/** Read when no other file is asked for, if it exists. */
export const defaultFile = '/etc/holdfast/config.yaml';

export const defaultAdminSocket = '/run/holdfast/admin.sock';
