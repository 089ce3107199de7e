#include "../slowness.h"
#include "error_of.h"
#include "tensor/safetensors.h"
#include "tensor/sha256.h"
#include "tensor/tensor_hash.h"

#include <QTemporaryDir>
#include <QtTest>

#include <cstring>
#include <fstream>
#include <sys/resource.h>

namespace fs = std::filesystem;

namespace {

std::string fileOf(const std::string& header, std::size_t dataBytes)
{
    const std::uint64_t size = header.size();
    std::string file(sizeof size, '\0');
    std::memcpy(file.data(), &size, sizeof size);
    return file + header + std::string(dataBytes, '\1');
}

icae::SafetensorsContent parse(const std::string& file)
{
    return icae::SafetensorsContent::parse(std::as_bytes(std::span(file)), "some.safetensors");
}

} // namespace

/// safetensors: every fault in a file is found before it is used, and what is written comes back.
class TestSafetensors : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void faults_data()
    {
        QTest::addColumn<QByteArray>("header");
        QTest::addColumn<int>("bytes");
        QTest::addColumn<QByteArray>("named");
        const auto tensor = [](const char* fields) { return QByteArray(R"({"t":{)") + fields + "}}"; };
        const QByteArray f32 = R"("dtype":"F32","shape":[2],"data_offsets":)";
        QTest::newRow("not json") << QByteArray("{") << 0 << QByteArray("JSON");
        QTest::newRow("not utf-8") << QByteArray("{\"\xff\":1}") << 0 << QByteArray("JSON");
        QTest::newRow("list") << QByteArray("[]") << 0 << QByteArray("not a JSON object");
        QTest::newRow("deep") << QByteArray(R"({"t":{"a":{"b":{"c":{}}}}})") << 0 << QByteArray("nested");
        QTest::newRow("twice") << QByteArray(R"({"t":1,"t":2})") << 0 << QByteArray("\"t\" appears twice");
        QTest::newRow("twice inside") << tensor(R"("dtype":"F32","dtype":"F32")") << 0 << QByteArray("appears twice");
        QTest::newRow("no object") << QByteArray(R"({"t":3})") << 0 << QByteArray("\"t\"");
        QTest::newRow("no shape") << tensor(R"("dtype":"F32","data_offsets":[0,8])") << 8 << QByteArray("\"t\"");
        QTest::newRow("dtype number") << tensor(R"("dtype":1,"shape":[2],"data_offsets":[0,8])") << 8
                                      << QByteArray("\"t\"");
        QTest::newRow("one offset") << tensor(f32 + "[0]") << 8 << QByteArray("\"t\"");
        QTest::newRow("negative offset") << tensor(f32 + "[-8,0]") << 8 << QByteArray("\"t\"");
        QTest::newRow("fraction") << tensor(f32 + "[0,8.5]") << 8 << QByteArray("\"t\"");
        QTest::newRow("2^63") << tensor(f32 + "[0,9223372036854775808]") << 8 << QByteArray("2^63");
        QTest::newRow("backwards") << tensor(f32 + "[8,0]") << 8 << QByteArray("outside");
        QTest::newRow("beyond") << tensor(f32 + "[0,8]") << 7 << QByteArray("outside");
        QTest::newRow("wrong size") << tensor(f32 + "[0,4]") << 4 << QByteArray("8 bytes but 4");
        QTest::newRow("negative size") << tensor(R"("dtype":"F32","shape":[-1],"data_offsets":[0,8])") << 8
                                       << QByteArray("\"t\"");
        QTest::newRow("overflow") << tensor(R"("dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0])")
                                  << 0 << QByteArray("too large");
        QTest::newRow("trailing") << tensor(f32 + "[0,8]") << 9 << QByteArray("1 bytes at its end");
        QTest::newRow("gap") << tensor(f32 + "[1,9]") << 9 << QByteArray("gap");
        QTest::newRow("overlap") << QByteArray(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
                                               R"("b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})")
                                 << 6 << QByteArray("overlaps");
        QTest::newRow("metadata") << QByteArray(R"({"__metadata__":{"a":1}})") << 0 << QByteArray("\"a\"");
        QTest::newRow("metadata list") << QByteArray(R"({"__metadata__":[]})") << 0 << QByteArray("metadata");
    }

    void faults()
    {
        QFETCH(QByteArray, header);
        QFETCH(int, bytes);
        QFETCH(QByteArray, named);
        const auto error = icae::errorOf([&] { parse(fileOf(header.toStdString(), static_cast<std::size_t>(bytes))); });
        QCOMPARE(error.kind(), icae::ErrorKind::InvalidInput);
        QVERIFY2(error.message().find("some.safetensors") != std::string::npos, error.what());
        QVERIFY2(error.message().find(named.toStdString()) != std::string::npos, error.what());
        QVERIFY(!error.remedy().empty());
    }

    /// Headers of 40 MB that hold no tensors: said soon, and before they have taken memory.
    void hugeHeaders_data()
    {
        QTest::addColumn<QByteArray>("start");
        QTest::addColumn<QByteArray>("unit");
        QTest::newRow("brackets") << QByteArray() << QByteArray("[");
        QTest::newRow("brackets of a tensor") << QByteArray("{\"t\":{\"shape\":") << QByteArray("[");
        QTest::newRow("objects") << QByteArray() << QByteArray("{\"t\":");
        QTest::newRow("numbers") << QByteArray("{\"t\":{\"shape\":[0") << QByteArray(",0");
        QTest::newRow("a number a name") << QByteArray("{") << QByteArray("\"#\":0,");
        QTest::newRow("nothing a name") << QByteArray("{") << QByteArray("\"#\":{},");
        QTest::newRow("metadata") << QByteArray("{\"__metadata__\":{") << QByteArray("\"#\":\"\",");
    }

    void hugeHeaders()
    {
        QFETCH(QByteArray, start);
        QFETCH(QByteArray, unit);
        constexpr qsizetype size = 40'000'000;
        auto header = start;
        header.reserve(size + 32);
        const bool numbered = unit.contains('#');
        for (int i = 0; header.size() < size; ++i)
            header += numbered ? QByteArray(unit).replace('#', QByteArray::number(i, 36)) : unit;
        const auto file = fileOf(header.toStdString(), 0);
        header.clear();
        const auto most = [] {
            rusage usage{};
            getrusage(RUSAGE_SELF, &usage);
            return usage.ru_maxrss; // KiB
        };
        const auto before = most();
        QElapsedTimer timer;
        timer.start();
        QCOMPARE(icae::errorOf([&] { parse(file); }).kind(), icae::ErrorKind::InvalidInput);
        QVERIFY2(timer.elapsed() < 2000 * slowness, qPrintable(QString::number(timer.elapsed())));
        QVERIFY2(most() - before < 100 << 10, qPrintable(QString::number(most() - before)));
    }

    /// The hash of a base: the same on any number of cores, in any cut.
    void hashOfTensors()
    {
        const QTemporaryDir folder;
        const fs::path path = folder.path().toStdString();
        std::string numbers((std::size_t{9} << 20U) + 2, '\0'); // three pieces
        for (std::size_t i = 0; i < numbers.size(); ++i)
            numbers[i] = static_cast<char>(i * 2654435761U >> 24U);
        const auto view = [](const char* name, std::vector<std::int64_t> shape, std::string_view bytes) {
            return icae::TensorView{name, icae::DType::BF16, std::move(shape), std::as_bytes(std::span(bytes))};
        };
        const std::string_view all = numbers;
        const auto large = view("large", {(9 << 19) + 1, 1}, all);
        const auto small = view("small", {2}, all.substr(0, 4));
        icae::writeSafetensors(path / "whole.safetensors", {large, small}, {{"format", "pt"}});
        fs::create_directory(path / "cut");
        icae::writeSafetensors(path / "cut" / "a-00001-of-00002.safetensors", {small}, {});
        icae::writeSafetensors(path / "cut" / "a-00002-of-00002.safetensors", {large}, {});
        constexpr std::size_t piece = std::size_t{4} << 20U;
        const auto expected =
            icae::sha256("5 large BF16 [4718593, 1] " + icae::sha256(all.substr(0, piece)) + " "
                         + icae::sha256(all.substr(piece, piece)) + " " + icae::sha256(all.substr(2 * piece)) + "\n"
                         + "5 small BF16 [2] " + icae::sha256(all.substr(0, 4)) + "\n");
        for (const auto* file : {"whole.safetensors", "cut"}) {
            const auto store = icae::TensorStore::open(path / file);
            icae::Progress last;
            QCOMPARE(icae::hashOfTensors(*store, {"large", "small"}, [&](const auto& now) { last = now; }), expected);
            QCOMPARE(last.done, static_cast<double>(numbers.size() + 4));
            QCOMPARE(last.total, last.done);
            QVERIFY(icae::hashOfTensors(*store, {"large"}) != expected);
        }
        std::stop_source stop;
        stop.request_stop();
        const auto store = icae::TensorStore::open(path / "cut");
        const auto error = icae::errorOf([&] { icae::hashOfTensors(*store, {"large"}, {}, stop.get_token()); });
        QCOMPARE(error.kind(), icae::ErrorKind::Cancelled);
        fs::resize_file(path / "cut" / "a-00002-of-00002.safetensors", 100);
        QCOMPARE(icae::errorOf([&] { icae::hashOfTensors(*store, {"large"}); }).kind(), icae::ErrorKind::Io);
    }

    void tornFiles()
    {
        const auto whole = fileOf(R"({"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8);
        QCOMPARE(parse(whole).tensors().size(), 1U);
        for (std::size_t length = 0; length < whole.size(); ++length)
            QCOMPARE(icae::errorOf([&] { parse(whole.substr(0, length)); }).kind(), icae::ErrorKind::InvalidInput);
        auto huge = whole;
        std::memset(huge.data(), 0xff, 8); // a header of 2^64 - 1 bytes
        QCOMPARE(icae::errorOf([&] { parse(huge); }).kind(), icae::ErrorKind::InvalidInput);
    }

    void emptyTensorsAndScalars()
    {
        const auto file = fileOf(R"({"none":{"dtype":"F32","shape":[0,5],"data_offsets":[0,0]},)"
                                 R"("one":{"dtype":"F64","shape":[],"data_offsets":[0,8]}})",
                                 8);
        const auto content = parse(file);
        QVERIFY(content.tensors().at("none").data.empty());
        QCOMPARE(content.tensors().at("one").data.size(), 8U);
        QVERIFY(parse(fileOf("{}", 0)).tensors().empty());
    }

    void roundTrips()
    {
        const QTemporaryDir folder;
        const auto path = fs::path(folder.path().toStdString()) / "a.safetensors";
        const std::string bytes = "0123456789abcdef";
        const auto data = std::as_bytes(std::span(bytes));
        icae::writeSafetensors(path,
                               {{"small", icae::DType::U8, {3}, data.subspan(0, 3)},
                                {"wide", icae::DType::F64, {2}, data},
                                {"z\"\\\n", icae::DType::F32, {2, 1}, data.subspan(8)}},
                               {{"who", "ünïcode"}});
        const auto store = icae::TensorStore::open(path);
        QCOMPARE(store->names().size(), 3U);
        QCOMPARE(store->metadata().at("who"), std::string("ünïcode"));
        const auto& view = store->tensor("z\"\\\n");
        QCOMPARE(view.shape, (std::vector<std::int64_t>{2, 1}));
        QVERIFY(std::memcmp(view.data.data(), bytes.data() + 8, 8) == 0);
        // Whole tensors are aligned to their elements, as other readers expect.
        QCOMPARE(reinterpret_cast<std::uintptr_t>(store->tensor("wide").data.data()) % 8, 0U);
        QVERIFY_EXCEPTION_THROWN(store->tensor("missing"), icae::Error);
    }

    void shards()
    {
        const QTemporaryDir folder;
        const fs::path path = folder.path().toStdString();
        const std::string bytes = "01234567";
        QVERIFY_EXCEPTION_THROWN(icae::TensorStore::open(path), icae::Error); // neither weights nor index
        const auto write = [&](const char* file, const char* tensor) {
            icae::writeSafetensors(path / file, {{tensor, icae::DType::U8, {8}, std::as_bytes(std::span(bytes))}}, {});
        };
        const auto index = [&](const char* text) { std::ofstream(path / "model.safetensors.index.json") << text; };
        write("1.safetensors", "a");
        write("2.safetensors", "b");
        index(R"({"weight_map":{"a":"1.safetensors","b":"2.safetensors"}})");
        const auto store = icae::TensorStore::open(path);
        QCOMPARE(store->names(), (std::vector<std::string>{"a", "b"}));
        QCOMPARE(store->files().size(), 2U);
        for (const auto* bad : {R"({"weight_map":{"a":"../1.safetensors"}})", R"({"weight_map":{"a":".."}})",
                                R"({"weight_map":{"a":"3.safetensors"}})", R"({"weight_map":{"a":5}})",
                                R"({"weight_map":[]})", "{", "[]"}) {
            index(bad);
            QVERIFY2(icae::errorOf([&] { icae::TensorStore::open(path); }).kind() != icae::ErrorKind::Internal, bad);
        }
        write("2.safetensors", "a");
        index(R"({"weight_map":{"a":"1.safetensors","b":"2.safetensors"}})");
        QVERIFY_EXCEPTION_THROWN(icae::TensorStore::open(path), icae::Error); // the same tensor twice
    }

    void unknownDtypesAreListedButNotRead()
    {
        const QTemporaryDir folder;
        const auto path = folder.filePath(QStringLiteral("f8.safetensors")).toStdString();
        std::ofstream(path) << fileOf(R"({"t":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}})", 2);
        const auto store = icae::TensorStore::open(path);
        QVERIFY(store->contains("t"));
        QCOMPARE(icae::errorOf([&] { store->tensor("t"); }).kind(), icae::ErrorKind::Unsupported);
    }
};

QTEST_GUILESS_MAIN(TestSafetensors)
#include "test_safetensors.moc"
