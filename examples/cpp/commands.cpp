#include "commands.hpp"

#include <functional>
#include <map>
#include <stdexcept>

#include "files.hpp"

namespace {

using Arguments = std::vector<std::string>;

// A command, and how many arguments follow its name.
struct Command {
    std::size_t arguments;
    std::function<int(const Arguments &)> run;
};

constexpr const char *usage =
    "usage: pqc-demo-cpp public SET SEED OUT | sign SET SEED MESSAGE CONTEXT OUT | "
    "verify SET PUBLIC MESSAGE CONTEXT SIGNATURE | encapsulate SET PUBLIC CIPHERTEXT SECRET | "
    "decapsulate SET SEED CIPHERTEXT SECRET | demo";

// Numbers that are no set are refused by the library.
std::uint32_t number(const std::string &set) {
    if (set.empty() || set.size() > 4 || set.find_first_not_of("0123456789") != std::string::npos) {
        throw std::runtime_error("SET is 512, 768, 1024, 44, 65 or 87");
    }
    return static_cast<std::uint32_t>(std::stoul(set));
}

pqc::KemSet kem(const std::string &set) { return pqc::KemSet{number(set)}; }

pqc::DsaSet dsa(const std::string &set) { return pqc::DsaSet{number(set)}; }

// The bytes of a seed file, wiped at the end of the command.
class Seed {
public:
    explicit Seed(const std::string &path) : bytes_(read_file(path)) {}
    Seed(const Seed &) = delete;
    Seed &operator=(const Seed &) = delete;
    ~Seed() {
        for (volatile std::uint8_t &byte : bytes_) {
            byte = 0;
        }
    }
    operator pqc::View() const noexcept { return bytes_; }

private:
    std::vector<std::uint8_t> bytes_;
};

int public_key(const Arguments &a) {
    const bool signs = number(a[0]) < 100;
    const Seed seed(a[1]);
    write_file(a[2], signs ? pqc::DsaKeyPair::from_seed(dsa(a[0]), seed).public_key().bytes()
                           : pqc::KemKeyPair::from_seed(kem(a[0]), seed).public_key().bytes());
    return 0;
}

int sign(const Arguments &a) {
    write_file(a[4], pqc::DsaKeyPair::from_seed(dsa(a[0]), Seed(a[1])).sign(read_file(a[2]), a[3]));
    return 0;
}

int verify(const Arguments &a) {
    const auto key = pqc::DsaPublicKey::from_bytes(dsa(a[0]), read_file(a[1]));
    return key.verify(read_file(a[2]), read_file(a[4]), a[3]) ? 0 : 1;
}

int encapsulate(const Arguments &a) {
    const pqc::Encapsulation made = pqc::KemPublicKey::from_bytes(kem(a[0]), read_file(a[1])).encapsulate();
    write_file(a[2], made.ciphertext);
    write_file(a[3], made.shared_secret, true);
    return 0;
}

int decapsulate(const Arguments &a) {
    write_file(a[3], pqc::KemKeyPair::from_seed(kem(a[0]), Seed(a[1])).decapsulate(read_file(a[2])), true);
    return 0;
}

const std::map<std::string, Command> commands = {
    {"public", {3, public_key}},
    {"sign", {5, sign}},
    {"verify", {5, verify}},
    {"encapsulate", {4, encapsulate}},
    {"decapsulate", {4, decapsulate}},
    {"demo", {0, [](const Arguments &) { return demo(), 0; }}},
};

}  // namespace

int run(const std::vector<std::string> &arguments) {
    const auto command = arguments.empty() ? commands.end() : commands.find(arguments[0]);
    if (command == commands.end() || arguments.size() != command->second.arguments + 1) {
        throw std::runtime_error(usage);
    }
    return command->second.run(Arguments(arguments.begin() + 1, arguments.end()));
}
