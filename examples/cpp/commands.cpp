#include "commands.hpp"

#include <map>
#include <stdexcept>

#include "files.hpp"

namespace {

// The arguments of a command, and the flags of its keys.
struct Arguments {
    std::vector<std::string> words;
    std::uint32_t flags;

    const std::string &operator[](std::size_t i) const { return words[i]; }

    // A number that is no algorithm is refused by the library.
    pqc::Algorithm algorithm() const {
        const std::string &set = words[0];
        if (set.empty() || set.size() > 6 || set.find_first_not_of("0123456789") != std::string::npos) {
            throw std::runtime_error("SET is the number of an algorithm, PQC_ALGORITHM_*, such as 768 or 65");
        }
        return pqc::Algorithm{static_cast<std::uint32_t>(std::stoul(set))};
    }
    // A file has the seed or, if the algorithm has no seed, the bytes of the key.
    pqc::PrivateKey private_key() const {
        const bool has_seed = pqc::info(algorithm()).seed_bytes > 0;
        return (has_seed ? pqc::PrivateKey::from_seed : pqc::PrivateKey::from_bytes)(algorithm(), read_file(words[1]), flags);
    }
    pqc::PublicKey public_key() const { return pqc::PublicKey::from_bytes(algorithm(), read_file(words[1]), flags); }
};

// A command, and how many arguments follow its name and option.
struct Command {
    std::size_t arguments;
    int (*run)(const Arguments &);
};

constexpr const char *usage =
    "usage: pqc-demo-cpp public SET KEY OUT | sign SET KEY MESSAGE CONTEXT OUT | "
    "verify SET PUBLIC MESSAGE CONTEXT SIGNATURE | encapsulate SET PUBLIC CIPHERTEXT SECRET | "
    "decapsulate SET KEY CIPHERTEXT SECRET | demo; KEY is a seed, or a private key without one; --locked after the command "
    "keeps the secrets of keys in locked memory";

int public_key(const Arguments &a) {
    write_file(a[2], a.private_key().public_key().bytes());
    return 0;
}

int sign(const Arguments &a) {
    write_file(a[4], a.private_key().sign(read_file(a[2]), a[3]));
    return 0;
}

int verify(const Arguments &a) { return a.public_key().verify(read_file(a[2]), read_file(a[4]), a[3]) ? 0 : 1; }

int encapsulate(const Arguments &a) {
    const pqc::Encapsulation made = a.public_key().encapsulate();
    write_file(a[2], made.ciphertext);
    write_file(a[3], made.shared_secret, true);
    return 0;
}

int decapsulate(const Arguments &a) {
    write_file(a[3], a.private_key().decapsulate(read_file(a[2])), true);
    return 0;
}

const std::map<std::string, Command> commands = {
    {"public", {3, public_key}},
    {"sign", {5, sign}},
    {"verify", {5, verify}},
    {"encapsulate", {4, encapsulate}},
    {"decapsulate", {4, decapsulate}},
    {"demo", {0, [](const Arguments &a) { return demo(a.flags), 0; }}},
};

}  // namespace

int run(std::vector<std::string> arguments) {
    const auto command = arguments.empty() ? commands.end() : commands.find(arguments[0]);
    const bool locked = arguments.size() > 1 && arguments[1] == "--locked";
    arguments.erase(arguments.begin(), arguments.begin() + (arguments.empty() ? 0 : locked ? 2 : 1));
    if (command == commands.end() || arguments.size() != command->second.arguments) {
        throw std::runtime_error(usage);
    }
    return command->second.run({std::move(arguments), locked ? std::uint32_t{PQC_KEY_LOCKED_MEMORY} : 0});
}
