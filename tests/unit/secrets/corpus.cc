#include "tests/unit/secrets/corpus.h"

namespace contextsync::test {

namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view kAlnum =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view kUrl =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

class FakeMaker {
 public:
  explicit FakeMaker(std::mt19937_64& random) : random_(random) {}

  std::vector<Fake> Make() {
    Clouds();
    Forges();
    Models();
    Messages();
    Payments();
    Services();
    NamedValues();
    return std::move(fakes_);
  }

 private:
  [[nodiscard]] std::string D(std::size_t n) { return Draw(random_, kDigits, n); }
  [[nodiscard]] std::string H(std::size_t n) { return Draw(random_, kHex, n); }
  [[nodiscard]] std::string U(std::size_t n) { return Draw(random_, kUpper, n); }
  [[nodiscard]] std::string L(std::size_t n) { return Draw(random_, kLower, n); }
  [[nodiscard]] std::string A(std::size_t n) { return Draw(random_, kAlnum, n); }
  [[nodiscard]] std::string W(std::size_t n) { return Draw(random_, kUrl, n); }
  [[nodiscard]] std::string B(std::size_t n) { return Draw(random_, kBase64, n); }

  void Add(const char* kind, std::string text) { fakes_.push_back({kind, std::move(text)}); }

  [[nodiscard]] std::string Uuid() {
    return H(8) + "-" + H(4) + "-4" + H(3) + "-8" + H(3) + "-" + H(12);
  }

  [[nodiscard]] std::string Pem(const std::string& what) {
    std::string pem = "-----BEGIN " + what +
                      "PRIVATE"
                      " KEY-----\n";
    for (int i = 0; i < 6; ++i)
      pem += B(64) + "\n";
    return pem + "-----END " + what +
           "PRIVATE"
           " KEY-----";
  }

  void Clouds() {
    Add("aws-key",
        "AK"
        "IA" +
            Draw(random_, kBase32, 16));
    Add("aws-key",
        "AS"
        "IA" +
            Draw(random_, kBase32, 16));
    Add("aws-secret-key",
        "aws_secret"
        "_access_key = " +
            B(40));
    Add("google-api-key",
        "AI"
        "za" +
            W(35));
    Add("google-oauth-secret",
        "GOC"
        "SPX-" +
            W(28));
    Add("google-oauth-token",
        "ya"
        "29." +
            W(120));
    Add("azure-client-secret", A(3) +
                                   "8Q"
                                   "~" +
                                   A(34));
    Add("azure-storage-key",
        "Account"
        "Key=" +
            B(86) + "==");
    Add("digitalocean-token",
        "dop"
        "_v1_" +
            H(64));
    Add("alibaba-key",
        "LT"
        "AI" +
            A(20));
    Add("cloudflare-origin-key",
        "v1"
        ".0-" +
            H(24) + "-" + H(146));
    Add("heroku-key",
        "HR"
        "KU-" +
            Uuid());
    Add("fly-token",
        "fo"
        "1_" +
            W(43));
    Add("netlify-token",
        "nf"
        "p_" +
            A(36));
    Add("planetscale-token",
        "pscale"
        "_tkn_" +
            W(43));
    Add("supabase-token",
        "sb"
        "p_" +
            H(40));
    Add("openshift-token",
        "sha"
        "256~" +
            W(43));
    Add("private-key", Pem(""));
    Add("private-key", Pem("RSA "));
    Add("private-key", Pem("OPENSSH "));
    Add("age-key",
        "AGE-SECRET"
        "-KEY-1" +
            U(58));
  }

  void Forges() {
    Add("github-token",
        "gh"
        "p_" +
            A(36));
    Add("github-token",
        "gh"
        "s_" +
            A(36));
    Add("github-token",
        "github"
        "_pat_" +
            A(22) + "_" + A(59));
    Add("gitlab-token",
        "gl"
        "pat-" +
            W(20));
    Add("gitlab-token",
        "gl"
        "rt-" +
            W(20));
    Add("bitbucket-token",
        "AT"
        "BB" +
            A(32));
    Add("atlassian-token",
        "ATATT"
        "3xFfG"
        "F0" +
            W(170) + "=" + H(8));
    Add("npm-token",
        "np"
        "m_" +
            A(36));
    Add("pypi-token",
        "py"
        "pi-AgEIcHlwaS5vcmc" +
            W(70));
    Add("rubygems-key",
        "ruby"
        "gems_" +
            H(48));
    Add("crates-token",
        "ci"
        "o" +
            A(32));
    Add("docker-token",
        "dckr"
        "_pat_" +
            W(27));
    Add("nuget-key",
        "oy"
        "2" +
            L(43));
    Add("circleci-token",
        "CCI"
        "PAT_" +
            A(22) + "_" + H(40));
    Add("buildkite-token",
        "bk"
        "ua_" +
            H(40));
    Add("sonarqube-token",
        "sq"
        "p_" +
            H(40));
  }

  void Models() {
    Add("anthropic-key",
        "sk-"
        "ant-api03-" +
            W(95));
    Add("openai-key",
        "sk-"
        "proj-" +
            W(120));
    Add("openai-key",
        "sk"
        "-" +
            A(48));
    Add("openrouter-key",
        "sk-"
        "or-v1-" +
            H(64));
    Add("huggingface-token",
        "h"
        "f_" +
            A(34));
    Add("replicate-token",
        "r"
        "8_" +
            A(37));
    Add("groq-key",
        "gs"
        "k_" +
            A(52));
    Add("perplexity-key",
        "pp"
        "lx-" +
            A(48));
    Add("nvidia-key",
        "nv"
        "api-" +
            W(64));
  }

  void Messages() {
    Add("slack-token",
        "xo"
        "xb-" +
            D(12) + "-" + D(12) + "-" + A(24));
    Add("slack-token",
        "xa"
        "pp-1-" +
            U(11) + "-" + D(13) + "-" + H(64));
    Add("slack-webhook",
        "https://hooks.slack"
        ".com/services/T" +
            U(9) + "/B" + U(10) + "/" + A(24));
    Add("discord-webhook",
        "https://discord"
        ".com/api/webhooks/" +
            D(18) + "/" + W(68));
    Add("discord-token", "M" + A(23) + "." + A(6) + "." + W(27));
    Add("telegram-token", D(10) +
                              ":"
                              "AA" +
                              W(33));
    Add("twilio-key",
        "S"
        "K" +
            H(32));
    Add("sendgrid-key",
        "S"
        "G." +
            W(22) + "." + W(43));
    Add("mailgun-key",
        "ke"
        "y-" +
            H(32));
    Add("mailchimp-key", H(32) +
                             "-u"
                             "s12");
    Add("brevo-key",
        "xkey"
        "sib-" +
            H(64) + "-" + A(16));
  }

  void Payments() {
    Add("stripe-key",
        "sk"
        "_live_" +
            A(24));
    Add("stripe-key",
        "rk"
        "_live_" +
            A(99));
    Add("stripe-webhook-secret",
        "wh"
        "sec_" +
            A(32));
    Add("square-token",
        "sq0"
        "atp-" +
            W(22));
    Add("shopify-token",
        "shp"
        "at_" +
            H(32));
    Add("braintree-token",
        "access"
        "_token$production$" +
            L(16) + "$" + H(32));
  }

  void Services() {
    Add("databricks-token",
        "da"
        "pi" +
            H(32));
    Add("newrelic-key",
        "NR"
        "AK-" +
            U(27));
    Add("grafana-token",
        "gl"
        "sa_" +
            A(32) + "_" + H(8));
    Add("sentry-token",
        "sntr"
        "yu_" +
            H(64));
    Add("dynatrace-token",
        "dt0"
        "c01." +
            U(24) + "." + U(64));
    Add("linear-key",
        "lin"
        "_api_" +
            A(40));
    Add("notion-token",
        "sec"
        "ret_" +
            A(43));
    Add("airtable-token",
        "pa"
        "t" +
            A(14) + "." + H(64));
    Add("figma-token",
        "fig"
        "d_" +
            W(40));
    Add("postman-key",
        "PM"
        "AK-" +
            H(24) + "-" + H(34));
    Add("doppler-token",
        "dp"
        ".pt." +
            A(43));
    Add("vault-token",
        "hv"
        "s." +
            W(90));
    Add("terraform-token", A(14) +
                               ".atlas"
                               "v1." +
                               W(67));
    Add("pulumi-token",
        "pu"
        "l-" +
            H(40));
    Add("tailscale-key",
        "ts"
        "key-auth-" +
            A(12) + "-" + A(32));
    Add("dropbox-token",
        "s"
        "l." +
            W(140));
    Add("hubspot-token",
        "pat"
        "-na1-" +
            Uuid());
    Add("contextsync-token",
        "ct"
        "xs_" +
            H(72));
    Add("jwt",
        "ey"
        "J" +
            W(34) +
            ".ey"
            "J" +
            W(60) + "." + W(43));
  }

  void NamedValues() {
    Add("password-in-url", "postgres://app:" + A(14) + "@db.internal:5432/app");
    Add("password-in-url", "https://deploy:" + A(20) + "@git.internal/acme/app.git");
    Add("bearer-token", "Authorization: Bearer " + W(40));
    Add("basic-auth", "Authorization: Basic " + B(32));
    Add("password",
        "DB_PASS"
        "WORD=" +
            A(9) + "7!");
    Add("password",
        "\"pass"
        "word\": \"Tr0ub4dor&" +
            A(3) + "\"");
    Add("key",
        "api"
        "_key: '" +
            H(32) + "'");
    Add("key",
        "export CLIENT_"
        "SECRET=" +
            A(40));
    Add("token",
        "auth_"
        "token = \"" +
            A(32) + "\"");
  }

  std::mt19937_64& random_;
  std::vector<Fake> fakes_;
};

class LookAlikeMaker {
 public:
  explicit LookAlikeMaker(std::mt19937_64& random) : random_(random) {}

  std::vector<std::string> Make() {
    Random();
    Examples();
    Prose();
    Code();
    Paths();
    return std::move(texts_);
  }

 private:
  [[nodiscard]] std::string H(std::size_t n) { return Draw(random_, kHex, n); }

  [[nodiscard]] std::string Uuid() {
    return H(8) + "-" + H(4) + "-4" + H(3) + "-8" + H(3) + "-" + H(12);
  }

  void Add(std::string text) { texts_.push_back(std::move(text)); }

  /// What is random and no secret.
  void Random() {
    for (int i = 0; i < 10; ++i) {
      Add(Uuid());
      Add("request " + Uuid() + " took 12 ms");
      Add(H(40));
      Add("fixed in " + H(40) + " and " + H(7));
      Add("sha256:" + H(64));
      Add("md5 = " + H(32));
      Add("integrity sha512-" + Draw(random_, kBase64, 86) + "==");
      Add("data:image/png;base64,iVBORw0KGgo" + Draw(random_, kBase64, 400));
      Add("commit " + H(40) + "\nAuthor: a <a@b.example>");
      Add("etag: W/\"" + H(32) + "\"");
      Add("trace_id=" + H(32) + " span_id=" + H(16));
      Add("container " + H(12) + " image app@sha256:" + H(64));
      Add("{\"id\":\"" + Uuid() + "\",\"next_token\":\"" + Draw(random_, kBase64, 40) + "\"}");
      Add("cursor: " + Draw(random_, kUrl, 48));
    }
  }

  /// What documentation writes where a secret would stand.
  void Examples() {
    for (const char* text : {
             "AKIA"
             "IOSFODNN7EXAMPLE",
             "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
             "aws_secret"
             "_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
             "gh"
             "p_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
             "sk-"
             "your-key-goes-here-and-nowhere-else-please",
             "export OPENAI_API_KEY=sk-"
             "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
             "password: ********",
             "password=changeme",
             "password = <your password>",
             "PASSWORD=${DB_PASSWORD}",
             "api_key: ${{ secrets.API_KEY }}",
             "token: {{ vault_token }}",
             "postgres://user:password@localhost/db",
             "postgres://user:${PGPASSWORD}@localhost/db",
             "https://user:***@example.com/",
             "mysql://root:secret@127.0.0.1/test",
             "ssh://git@github.com/acme/app.git",
             "git@github.com:acme/app.git",
             "mailto:a@b.example",
             "http://localhost:8080/@vite/client",
             "https://example.com:8443/a@b",
             "Authorization: Bearer <token>",
             "Authorization: Bearer $TOKEN",
             "Authorization: Basic YOUR_CREDENTIALS",
             "-----BEGIN PRIVATE"
             " KEY-----",
             "if line == \"-----BEGIN RSA PRIVATE"
             " KEY-----\": skip",
             "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBa\n",
             "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n",
             "xoxb-"
             "your-token-here",
             "hooks.slack"
             ".com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
             "\"password\": \"string\"",
             "\"password\": null",
             "\"secret\": \"projects/app/secrets/db\"",
             "client_secret = os.environ[\"CLIENT_SECRET\"]",
             "token = request.headers.get('X-Token')",
             "api_key=config.api_key",
             "secret_key = generate_secret_key()",
             "password_file: /run/secrets/db",
             "token_file=/home/agent/.config/contextsync/token",
             "access_token: vault:secret/data/app#token",
             "PASSWORD_MIN_LENGTH=12",
             "max_tokens: 4096",
             "tokens: 12345",
             "token_count = 1234567890123456789",
             "the token bucket holds 100 tokens",
         })
      Add(text);
  }

  void Prose() {
    for (const char* text : {
             "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor",
             "The password field must have at least 8 characters, one digit and one sign.",
             "Rotate the API key every 90 days; the secret is in the vault.",
             "Secret: do not tell anybody that the release is on 2026-11-22.",
             "token: the smallest unit of text",
             "Found that the access token expires after 3600 seconds",
             "password: at least 12 characters",
             "decided: use refresh tokens, store them hashed (sha256)",
             "key-value stores compared: rocksdb, lmdb, sqlite3",
             "key-performance-indicators-for-2026-q3-and-q4",
             "sk-learn pipeline with 12 stages",
             "skipping sk-SK locale",
             "basic understanding of authentication-and-authorization2",
             "Bearer tokens are sent in the Authorization header",
             "bearer authentication-middleware",
             "Basic auth is off",
             "the npm_config_registry variable",
             "pypi-publish workflow",
             "AKIA is the prefix of an access key id",
             "AIza is what Google keys begin with",
             "eyJ is how a JWT begins",
             "SG.1 is the ticket",
             "12345678:AA is no token",
             "ratio 16:9, time 12:34:56, ports 80:8080",
             "see RFC 6749, section 4.1",
             "2026-11-22T12:00:00.123Z",
             "v1.0-rc1",
             "shpat_ tokens belong to private apps",
             "whsec_ prefix",
             "hf_hub_download_with_retries_and_backoff_v2",
             "secret_santa_2026",
             "secret_key_base",
             "private key in /etc/ssl/private",
         })
      Add(text);
  }

  void Code() {
    for (const char* text : {
             "std::string_view SecretNamedBy(std::string_view name) { return name; }",
             "const token = await getAccessToken({ scope: 'read:user' });",
             "token := strings.TrimPrefix(header, \"Bearer \")",
             "if (password.length < 12) throw new Error('too short');",
             "assert api_key == \"test\"",
             "self.secret_key = secret_key or self.default_secret_key",
             "private_key=PrivateKey.from_file(path)",
             "auth_token: Optional[str] = None",
             "accessToken: string;",
             "public string ClientSecret { get; set; }",
             "password: process.env.DB_PASSWORD,",
             "TOKEN=$(cat /run/secrets/token)",
             "kubectl get secret app-secret -o yaml",
             "docker login -u user --password-stdin",
             "SELECT token, secret FROM credentials WHERE id = 42",
             "CSRF_TOKEN=csrfmiddlewaretoken",
             "grid-template-columns: repeat(12, 1fr)",
             "#include <nlohmann/json.hpp>",
             "color: #a1b2c3; background: #0f0f0f",
             "\\u0041\\u0042\\u0043",
             "0x7ffe12345678abcd",
             "design_token = color-primary-500",
             "token: design-token-color-primary-500",
             "secret: my-app-database-credentials",
             "secretKeyRef: app-config-v2",
             "api_key: my-service-account-name",
             "auth_token_url = https://id.example.com/oauth/token",
             "sessionToken = Uuid()",
             "EAAAAAAA= is base64 of zeros",
             "cache_key: build-linux-x64-20261122",
         })
      Add(text);
  }

  void Paths() {
    for (const char* text : {
             "core/secrets/token_kinds.cc",
             "/usr/lib/x86_64-linux-gnu/libssl.so.3",
             "C:\\Users\\agent\\AppData\\Local\\Temp\\a1b2c3d4",
             "node_modules/.pnpm/react-dom@18.2.0_react@18.2.0/node_modules/react-dom/index.js",
             "github.com/acme/app/pull/1234/files#diff-0123456789abcdef0123456789abcdef",
             "https://registry.npmjs.org/left-pad/-/left-pad-1.3.0.tgz",
             "https://example.com/?utm_source=newsletter&utm_campaign=2026-11",
             "s3://bucket/prefix/2026/11/22/part-00000-of-00128.parquet",
             "file:///home/agent/.ssh/id_ed25519.pub",
             "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1Q2V3b4n5m6k7l8p9o0i1u2y3t4r5e6w7q8 a@b",
             "feature/jwt-refresh-token-2",
             "tests/fixtures/keys/private_key_test.cc",
             "build-2026.11.22-1234567",
             "libboost_system.so.1.74.0",
             "app-7d9c6b5f4d-x2v8k",
             "arn:aws:iam::123456789012:role/deploy",
             "projects/app/locations/europe-west1/keyRings/r/cryptoKeys/k",
             "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=",
             "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66",
             "ISBN 978-3-16-148410-0",
             "DE89370400440532013000",
             "+49 30 901820",
         })
      Add(text);
  }

  std::mt19937_64& random_;
  std::vector<std::string> texts_;
};

}  // namespace

std::string Draw(std::mt19937_64& random, std::string_view alphabet, std::size_t length) {
  std::uniform_int_distribution<std::size_t> any(0, alphabet.size() - 1);
  std::string text;
  for (std::size_t i = 0; i < length; ++i)
    text += alphabet[any(random)];
  return text;
}

std::vector<Fake> MakeFakes(std::mt19937_64& random) {
  return FakeMaker(random).Make();
}

std::vector<std::string> LookAlikes(std::mt19937_64& random) {
  return LookAlikeMaker(random).Make();
}

}  // namespace contextsync::test
