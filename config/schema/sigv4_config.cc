#include "config/schema/sigv4_config.h"

#include "config/schema/codecs.h"
#include "config/schema/sections.h"

namespace vigia::config {

const FieldTable<SigV4Config>& Schema<SigV4Config>::Fields() {
  using T = SigV4Config;
  static const FieldTable<T> kFields{
      MakeField<StringCodec>("region", &T::region, "", "Region; by default that of AWS' environment or profile."),
      MakeField<StringCodec>("access_key", &T::access_key, "", "Key; by default that of AWS' environment or profile."),
      MakeField<SecretCodec>("secret_key", &T::secret_key, "", "Secret of the key."),
      MakeField<StringCodec>("profile", &T::profile, "", "Profile of AWS' configuration files."),
      MakeField<StringCodec>("role_arn", &T::role_arn, "", "Role to take on with the key."),
      MakeField<StringCodec>("external_id", &T::external_id, "", "External id that the role asks for."),
      MakeField<BoolCodec>("use_fips_sts_endpoint", &T::use_fips_sts_endpoint, "false",
                           "Ask the FIPS endpoint for the role's keys."),
      MakeField<StringCodec>("service_name", &T::service_name, "aps", "Service that requests are signed for."),
  };
  return kFields;
}

void Schema<SigV4Config>::Check(Reader& in, const yaml::Node& node, SigV4Config& out) {
  if (out.access_key.empty() != out.secret_key.empty()) {
    in.Fail(node,
            "must provide a AWS SigV4 Access key and Secret Key if credentials are specified in the SigV4 config");
  }
  if (!out.external_id.empty() && out.role_arn.empty()) {
    in.Fail(node, "external_id can only be used with role_arn");
  }
}

}  // namespace vigia::config
