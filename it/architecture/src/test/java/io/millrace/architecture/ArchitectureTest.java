package io.millrace.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.time.Clock;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;

/** Which module and package may use which; the table of the design, kept true. */
class ArchitectureTest {

  private static final String AWS = "software.amazon..";

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.millrace");

  @Test
  void the_classes_of_every_module_are_looked_at() {
    for (String name :
        new String[] {
          "io.millrace.checkpoint.Checkpoint",
          "io.millrace.lease.LeaseStore",
          "io.millrace.kcl.Worker",
          "io.millrace.embedded.EmbeddedKinesis",
          "io.millrace.dynamodblocal.DynamoDbLocal",
          "io.millrace.s3mock.S3Mock",
          "io.millrace.elasticmq.ElasticMq",
          "io.millrace.embedded.redshift.EmbeddedRedshift",
          "io.millrace.connectors.s3.S3Sink",
          "io.millrace.connectors.sqs.SqsDeadLetters",
          "io.millrace.cli.Millrace"
        }) {
      assertThat(CLASSES.contain(name)).as(name).isTrue();
    }
  }

  @Test
  void packages_have_no_cycles() {
    slices().matching("io.millrace.(**)").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void checkpoint_uses_the_jdk_only() {
    classes()
        .that()
        .resideInAPackage("io.millrace.checkpoint..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("java..", "io.millrace.checkpoint..")
        .check(CLASSES);
  }

  @Test
  void lease_uses_checkpoint_and_nothing_else_of_ours() {
    classes()
        .that()
        .resideInAPackage("io.millrace.lease..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "java..", "org.slf4j..", AWS, "io.millrace.checkpoint..", "io.millrace.lease..")
        .check(CLASSES);
  }

  @Test
  void the_aws_sdk_appears_in_the_adapters_only() {
    noClasses()
        .that()
        .resideInAnyPackage(
            "io.millrace.checkpoint..",
            "io.millrace.lease",
            "io.millrace.lease.plan..",
            "io.millrace.lease.table..",
            "io.millrace.lease.memory..",
            "io.millrace.kcl.engine..",
            "io.millrace.kcl.stream..",
            "io.millrace.kcl.lineage..",
            "io.millrace.kcl.time..",
            "io.millrace.kcl.exec..",
            "io.millrace.kcl.metrics..",
            "io.millrace.kcl.aggregation..",
            "io.millrace.kcl.deadletter..",
            "io.millrace.kcl.keyed..",
            "io.millrace.embedded..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(AWS)
        .check(CLASSES);
  }

  @Test
  void the_public_api_names_client_and_credentials_types_of_the_sdk_and_calls_nothing() {
    DescribedPredicate<JavaClass> other =
        new DescribedPredicate<>("an SDK type that is neither a client nor credentials") {
          @Override
          public boolean test(JavaClass type) {
            return type.getPackageName().startsWith("software.amazon.awssdk")
                && !type.getPackageName().contains(".auth.credentials")
                && !type.getSimpleName().endsWith("AsyncClient")
                && !type.getSimpleName().endsWith("Arn");
          }
        };
    noClasses()
        .that()
        .resideInAPackage("io.millrace.kcl")
        .should()
        .dependOnClassesThat(other)
        .check(CLASSES);
  }

  @Test
  void kcl_core_uses_lease_and_checkpoint_and_nothing_else_of_ours() {
    noClasses()
        .that()
        .resideInAPackage("io.millrace.kcl..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.millrace.embedded..",
            "io.millrace.dynamodblocal..",
            "io.millrace.samples..",
            "io.millrace.cli..")
        .check(CLASSES);
  }

  @Test
  void embedded_uses_no_other_module() {
    noClasses()
        .that()
        .resideInAnyPackage(
            "io.millrace.embedded..",
            "io.millrace.dynamodblocal..",
            "io.millrace.s3mock..",
            "io.millrace.elasticmq..",
            "io.millrace.childserver..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.millrace.checkpoint..",
            "io.millrace.lease..",
            "io.millrace.kcl..",
            "io.millrace.samples..",
            "io.millrace.cli..")
        .check(CLASSES);
  }

  @Test
  void code_that_decides_sees_no_clock_logger_executor_or_sdk() {
    noClasses()
        .that()
        .resideInAnyPackage(
            "io.millrace.checkpoint..", "io.millrace.lease.plan..", "io.millrace.kcl.lineage..")
        .or()
        .haveFullyQualifiedName("io.millrace.kcl.engine.ForeignOwners")
        .or()
        .haveFullyQualifiedName("io.millrace.kcl.engine.Adoption")
        .or()
        .haveFullyQualifiedName("io.millrace.kcl.engine.Membership")
        .or()
        .haveFullyQualifiedName("io.millrace.kcl.engine.LeaseBook")
        .or()
        .haveFullyQualifiedName("io.millrace.kcl.engine.Agenda")
        .or()
        .haveFullyQualifiedName("io.millrace.kcl.engine.Holdings")
        .or()
        .haveFullyQualifiedName("io.millrace.kcl.engine.RateAverage")
        .or()
        .haveFullyQualifiedName("io.millrace.kcl.engine.ConsumerPhase")
        .or()
        .haveFullyQualifiedName("io.millrace.kcl.engine.ReadPacer")
        .or()
        .haveFullyQualifiedName("io.millrace.kcl.engine.TokenBucket")
        .or()
        .haveFullyQualifiedName("io.millrace.kcl.engine.ByteBudget")
        .or()
        .resideInAPackage("io.millrace.kcl.aggregation..")
        .or()
        .haveFullyQualifiedName("io.millrace.kcl.keyed.KeyQueues")
        .or()
        .haveFullyQualifiedName("io.millrace.kcl.keyed.LowWaterMark")
        .or()
        .haveFullyQualifiedName("io.millrace.connectors.redshift.MergePlan")
        .or()
        .haveFullyQualifiedName("io.millrace.connectors.redshift.AnnouncedBatch")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.slf4j..", "java.util.concurrent..", "io.micrometer..", AWS)
        .orShould()
        .dependOnClassesThat()
        .belongToAnyOf(
            Clock.class,
            Instant.class,
            Executor.class,
            Thread.class,
            io.millrace.kcl.time.Clock.class)
        .check(CLASSES);
  }

  @Test
  void the_engine_neither_logs_nor_measures() {
    noClasses()
        .that()
        .resideInAPackage("io.millrace.kcl.engine..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.slf4j..", "io.micrometer..", "io.github.resilience4j..")
        .check(CLASSES);
  }

  @Test
  void clocks_and_randomness_are_read_in_one_place() {
    noClasses()
        .that()
        .resideInAnyPackage("io.millrace.checkpoint..", "io.millrace.lease..", "io.millrace.kcl..")
        .and()
        .resideOutsideOfPackage("io.millrace.kcl.time..")
        .should(
            callAnyOf(
                "java.lang.System.nanoTime",
                "java.lang.System.currentTimeMillis",
                "java.time.Instant.now",
                "java.lang.Thread.sleep",
                "java.util.UUID.randomUUID",
                "java.lang.Math.random"))
        .orShould()
        .dependOnClassesThat()
        .belongToAnyOf(ThreadLocalRandom.class, UUID.class)
        .check(CLASSES);
  }

  @Test
  void static_state_does_not_change() {
    classes()
        .that()
        .resideInAPackage("io.millrace..")
        .should(
            new ArchCondition<>("have final static fields only") {
              @Override
              public void check(JavaClass type, ConditionEvents events) {
                type.getFields().stream()
                    .filter(f -> f.getModifiers().contains(JavaModifier.STATIC))
                    .filter(f -> !f.getModifiers().contains(JavaModifier.FINAL))
                    .filter(f -> !f.getModifiers().contains(JavaModifier.SYNTHETIC))
                    .forEach(
                        f ->
                            events.add(
                                SimpleConditionEvent.violated(
                                    f, f.getFullName() + " is not final")));
              }
            })
        .check(CLASSES);
  }

  private static ArchCondition<JavaClass> callAnyOf(String... methods) {
    Set<String> forbidden = Set.of(methods);
    return new ArchCondition<>("call any of " + String.join(", ", methods)) {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        type.getMethodCallsFromSelf().stream()
            .filter(
                call ->
                    forbidden.contains(
                        call.getTargetOwner().getName() + "." + call.getTarget().getName()))
            .forEach(
                call -> events.add(SimpleConditionEvent.satisfied(call, call.getDescription())));
      }
    };
  }
}
