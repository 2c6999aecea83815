import { createDoctorContract } from "../../channel/doctor-contract.ts";
import { instaClawOlder } from "../../channel/older-names.ts";

export const { legacyConfigRules, normalizeCompatibilityConfig } = createDoctorContract(instaClawOlder);
