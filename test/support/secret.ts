/** A secret for tests that the options accept. */
export const SECRET = 'a-secret-for-tests-only-0123456789abcdef';
export const OTHER_SECRET = 'another-secret-for-tests-9876543210fedcba';
