/** Of this release, as servers that want to know are told; a test holds it against `package.json`. */
export const version = "0.1.0";
