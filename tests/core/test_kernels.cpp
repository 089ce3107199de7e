#include "tensor/cpu_kernels.h"

#include <QtTest>

namespace {

double worst(const at::Tensor& a, const at::Tensor& b)
{
    return ((a - b).abs().max() / b.abs().max()).item<double>();
}

} // namespace

/// The fast CPU kernels compute what the plain operations compute.
class TestKernels : public QObject {
    Q_OBJECT

    std::shared_ptr<const icae::Kernels> m_plain = icae::makePlainKernels();
    icae::CpuKernels m_fast;

private Q_SLOTS:
    void rmsNorm()
    {
        for (const int64_t d : {1, 7, 64, 513}) {
            const auto x = at::randn({5, d}) * 3;
            const auto weight = at::randn({d});
            QVERIFY(worst(m_fast.rmsNorm(x, weight, 1e-5), m_plain->rmsNorm(x, weight, 1e-5)) < 1e-5);
        }
    }

    void swiglu()
    {
        const auto x = at::randn({9, 154}) * 30; // far into both tails of the exponential
        QVERIFY(worst(m_fast.swiglu(x), m_plain->swiglu(x)) < 1e-5);
    }

    void linear_data()
    {
        QTest::addColumn<int>("rows");
        for (const int rows : {1, 2, 3, 4, 5, 12, 13, 200})
            QTest::addRow("%d rows", rows) << rows;
    }

    void linear()
    {
        QFETCH(int, rows);
        for (const auto& [out, in] : {std::pair{64, 64}, std::pair{61, 37}, std::pair{5, 130}}) {
            const auto x = at::randn({rows, in});
            const auto weight = at::randn({out, in});
            QVERIFY(worst(m_fast.linear(x, weight), m_plain->linear(x, weight)) < 1e-5);
            auto ours = at::randn({rows, out});
            auto theirs = ours.clone();
            m_fast.addLinear(ours, x, weight);
            m_plain->addLinear(theirs, x, weight);
            QVERIFY(worst(ours, theirs) < 1e-5);
        }
    }

    void attention_data()
    {
        QTest::addColumn<int>("kvHeads");
        QTest::addColumn<int>("length");
        QTest::addColumn<int>("past");
        QTest::addColumn<bool>("padded");
        for (const int kvHeads : {1, 2, 4})
            for (const auto& [length, past] : {std::pair{1, 0}, {1, 30}, {7, 0}, {64, 0}, {65, 3}, {150, 0}, {150, 20}})
                for (const bool padded : {false, true})
                    QTest::addRow("%d kv heads, %d after %d%s", kvHeads, length, past, padded ? ", padded" : "")
                        << kvHeads << length << past << padded;
    }

    void attention()
    {
        QFETCH(int, kvHeads);
        QFETCH(int, length);
        QFETCH(int, past);
        QFETCH(bool, padded);
        constexpr int64_t batch = 3;
        const icae::HeadShape shape{4, kvHeads, 16};
        const auto qkv = at::randn({batch * length, (shape.heads + 2 * shape.kvHeads) * shape.headDim});
        const auto positions = at::rand({batch, length}) * 500;
        const auto frequencies = at::pow(10000.0, -at::arange(0, 16, 2, at::kFloat) / 16.0);
        auto keys = at::randn({batch, kvHeads, past + length + 5, 16});
        auto values = at::randn_like(keys);
        auto otherKeys = keys.clone();
        auto otherValues = values.clone();
        const int64_t start = std::min(2, past + length - 1);
        const auto starts = padded ? at::tensor(std::vector<int64_t>{0, start, 0}, at::kLong) : at::Tensor();
        const auto layout = icae::RowLayout::uniform(batch, length, past, starts, at::kCPU);
        icae::HeadInputs inputs;
        if (kvHeads > 1)
            inputs.bias = at::randn({qkv.size(1)});
        if (kvHeads > 2)
            inputs = {inputs.bias, at::randn({16}), at::randn({16}), 1e-5};
        const auto q = m_fast.ropeSplit(qkv, positions, frequencies, shape, inputs, keys, values, layout);
        const auto otherQ =
            m_plain->ropeSplit(qkv, positions, frequencies, shape, inputs, otherKeys, otherValues, layout);
        QVERIFY(worst(q, otherQ) < 1e-5);
        QVERIFY(worst(keys, otherKeys) < 1e-5);
        QVERIFY(at::equal(values, otherValues));
        auto ours = m_fast.attention(q, keys, values, layout).view({batch, length, 64});
        auto theirs = m_plain->attention(otherQ, otherKeys, otherValues, layout).view({batch, length, 64});
        if (padded && past < start) { // rows of padding are nobody's business
            ours = ours.narrow(1, start - past, length - (start - past));
            theirs = theirs.narrow(1, start - past, length - (start - past));
        }
        QVERIFY(worst(ours, theirs) < 1e-5);
    }

    /// Sequences that read different numbers of tokens behind different pasts give what each gives alone.
    void raggedRows_data()
    {
        QTest::addColumn<bool>("padded");
        QTest::newRow("whole") << false;
        QTest::newRow("padded") << true;
    }

    void raggedRows()
    {
        QFETCH(bool, padded);
        const icae::HeadShape shape{4, 2, 16};
        const std::vector<icae::SequenceRows> sequences{{0, 0, 5, 20}, {2, 5, 1, 3}, {3, 6, 70, 9}};
        const auto starts = padded ? at::tensor(std::vector<int64_t>{4, 0, 1, 9}, at::kLong) : at::Tensor();
        const icae::RowLayout layout(sequences, starts, at::kCPU);
        QCOMPARE(layout.rows(), 76);
        QVERIFY(!layout.isUniform(4));
        const auto qkv = at::randn({76, (shape.heads + 2 * shape.kvHeads) * shape.headDim});
        const auto positions = at::rand({76}) * 500;
        const auto frequencies = at::pow(10000.0, -at::arange(0, 16, 2, at::kFloat) / 16.0);
        const icae::HeadInputs inputs{at::randn({qkv.size(1)}), at::randn({16}), at::randn({16}), 1e-5};
        const auto keys = at::randn({4, 2, 90, 16});
        const auto values = at::randn_like(keys);
        for (const icae::Kernels* kernels : std::initializer_list<const icae::Kernels*>{&m_fast, m_plain.get()}) {
            auto ownKeys = keys.clone();
            auto ownValues = values.clone();
            const auto q = kernels->ropeSplit(qkv, positions, frequencies, shape, inputs, ownKeys, ownValues, layout);
            const auto out = kernels->attention(q, ownKeys, ownValues, layout);
            for (const auto& s : sequences) {
                auto aloneKeys = keys.narrow(0, s.sequence, 1).clone();
                auto aloneValues = values.narrow(0, s.sequence, 1).clone();
                const auto start = padded ? starts.narrow(0, s.sequence, 1) : at::Tensor();
                const auto alone = icae::RowLayout::uniform(1, s.count, s.past, start, at::kCPU);
                const auto aloneQ =
                    m_plain->ropeSplit(qkv.narrow(0, s.first, s.count), positions.narrow(0, s.first, s.count),
                                       frequencies, shape, inputs, aloneKeys, aloneValues, alone);
                QVERIFY(worst(q.narrow(0, s.first, s.count), aloneQ) < 1e-5);
                QVERIFY(worst(ownKeys.narrow(0, s.sequence, 1), aloneKeys) < 1e-5);
                QVERIFY(
                    worst(out.narrow(0, s.first, s.count), m_plain->attention(aloneQ, aloneKeys, aloneValues, alone))
                    < 1e-5);
            }
            QVERIFY(at::equal(ownKeys[1], keys[1])); // a sequence without rows is left alone
        }
    }
};

QTEST_GUILESS_MAIN(TestKernels)
#include "test_kernels.moc"
