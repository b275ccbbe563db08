package com.example.classic;

import io.millrace.kcl.IRecordProcessor;
import io.millrace.kcl.IRecordProcessorFactory;

public class ReferrerRecordProcessorFactory implements IRecordProcessorFactory {

  @Override
  public IRecordProcessor createProcessor() {
    return new ReferrerRecordProcessor();
  }
}
